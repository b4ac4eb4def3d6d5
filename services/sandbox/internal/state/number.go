package state

import "strconv"

// nextNumber is one above the highest number that consists of digits only.
func nextNumber(t *Tables) string {
	highest := int64(0)
	for _, inv := range t.Invoices {
		if n, err := strconv.ParseInt(inv.Number, 10, 64); err == nil && n < 1e12 {
			highest = max(highest, n)
		}
	}
	return strconv.FormatInt(highest+1, 10)
}

// nextJobNumber is one above the highest job number.
func nextJobNumber(t *Tables) int64 {
	highest := int64(0)
	for _, job := range t.Jobs {
		highest = max(highest, job.Number)
	}
	return highest + 1
}
