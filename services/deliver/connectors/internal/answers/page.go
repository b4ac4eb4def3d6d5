package answers

import (
	"net/url"
	"strings"
	"unicode"
)

// maxPage bounds the address of a page, in bytes.
const maxPage = 2000

// page is the address of a page for people: http or https, with a host and without a
// password. Anything else is "": a wrong link is no reason to doubt a document, and one
// that runs a script or opens a file of the reader's machine is never shown to anybody.
func page(address string) string {
	if len(address) > maxPage || strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return address
}
