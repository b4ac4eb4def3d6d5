package quickbooksonline

// Location is the company's id at its address, or "" where the company is only known by
// the sign-in: that one is compared when the connection is attached.
func (q *Online) Location() string {
	if q.cfg.CompanyID == "" {
		return ""
	}
	return q.cfg.URL + " " + q.cfg.CompanyID
}
