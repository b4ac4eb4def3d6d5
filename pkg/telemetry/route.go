package telemetry

import "strings"

const (
	maxSegments = 8
	// otherRoute stands for paths that no client of ours asks for.
	otherRoute = "/other"
)

// Route is a path without what differs from record to record: /invoice/{id} for
// /api/invoice/42. Words of lower-case letters stay, numbers become {id}, anything
// else {value}.
func Route(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if segments[0] == "api" {
		segments = segments[1:]
	}
	if len(segments) > maxSegments {
		return otherRoute
	}
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + routeWord(s))
	}
	return b.String()
}

func routeWord(s string) string {
	const letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	switch {
	case s == "":
		return ""
	case strings.Trim(s, letters) == "" && len(s) <= 20:
		return s
	case strings.Trim(s, digits) == "":
		return "{id}"
	}
	return "{value}"
}
