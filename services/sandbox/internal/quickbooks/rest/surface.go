package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
)

// The shapes that only faults to order have.
const (
	// Form200 is the Fault of the documentation with the status 200 (Intuit
	// documentation, "Error codes", 200 OK).
	Form200 = "200"
	// Form403 is the older form of a 429 (Intuit developer blog of 2016-08-08).
	Form403 = "403"
)

// Surface tells the faults to order what they stand in front of.
func (s *Server) Surface() *faults.Surface {
	surface := Orders()
	surface.Answer = s.answerFault
	return surface
}

// Orders tells what can be ordered: a Surface that answers nothing.
func Orders() *faults.Surface {
	names := []string{"query", "batch", "cdc", "token", "authorize", "revoke"}
	for _, e := range books.Entities() {
		names = append(names, e.Path)
	}
	return &faults.Surface{
		Begin: []string{"/v3/company/", "/oauth2/", "/v2/", "/connect/"}, Resources: names, Methods: []string{"GET", "POST"},
		Forms: append(Forms(), Form200, Form403), Look: look,
		Kinds: []faults.Kind{
			faults.Latency, faults.SignedOut, faults.Revoked, faults.Throttled, faults.ServerError, faults.ErrorAfter, faults.Refused,
			faults.CutBefore, faults.CutAfter, faults.StaleList,
		},
	}
}

func look(r *http.Request) faults.Looked {
	steps := strings.Split(strings.ToLower(strings.Trim(r.URL.Path, "/")), "/")
	switch {
	case len(steps) > 3 && steps[0] == "v3":
		return faults.Looked{Words: steps[3:4], List: steps[3] == "query" || steps[3] == "cdc" || steps[3] == "batch"}
	case steps[0] == "connect":
		return faults.Looked{Words: []string{"authorize"}, SigningIn: true}
	case steps[len(steps)-1] == "revoke":
		return faults.Looked{Words: []string{"revoke"}, SigningIn: true}
	}
	return faults.Looked{Words: []string{"token"}, SigningIn: true}
}

// answerFault words the answers of faults to order.
func (s *Server) answerFault(w http.ResponseWriter, r *http.Request, f *faults.Fault) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	if f.Body != "" {
		write(w, f.Status, "application/json", []byte(f.Body))
		return
	}
	if strings.HasPrefix(r.URL.Path, "/oauth2/") || strings.HasPrefix(r.URL.Path, "/v2/") {
		code := "invalid_request"
		if f.Code != "" { // such as invalid_grant
			code = f.Code
		}
		oauthError(w, f.Status, code, "")
		return
	}
	fault, form := s.ordered(r, f)
	switch f.Form {
	case "":
	case Form200:
		fault.Status, form = http.StatusOK, FormJSON
	case Form403:
		form = FormXML
		if f.Status == http.StatusTooManyRequests {
			fault = Throttled(http.StatusForbidden)
		}
	default:
		form = f.Form
	}
	writeFault(w, fault, form, s.Now())
}

// ordered gives the fault, and the shape that it usually has.
func (s *Server) ordered(r *http.Request, f *faults.Fault) (*books.Fault, string) {
	switch {
	case f.Code != "":
		known := books.FaultOf(f.Code)
		if known.Status == http.StatusUnauthorized && known.Type == books.TypeAuthentication {
			return known, FormGateway
		}
		return known, FormJSON
	case f.Status == http.StatusTooManyRequests:
		if realm, ok := realmIn(r.URL.Path); ok {
			s.Gate.Note(realm)
		}
		return Throttled(s.ThrottleStatus), s.ThrottleForm
	case f.Status == http.StatusInternalServerError:
		return &books.Fault{
			Status: f.Status, Type: books.TypeService, Code: "3100", Message: "message=InternalServerError; errorCode=003100; statusCode=500",
		}, FormGateway
	}
	return &books.Fault{Status: f.Status, Type: books.TypeSystem, Code: "10000", Message: "An application error has occurred while processing your request"}, FormHTML
}

func realmIn(path string) (string, bool) {
	steps := strings.Split(strings.Trim(path, "/"), "/")
	if len(steps) < 3 || steps[0] != "v3" {
		return "", false
	}
	return steps[2], true
}
