package faults

import (
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// listed are the resources whose list a GET of /api/<resource> answers.
var listed = []string{
	"comment", "company", "externalsystem", "invoice", "job", "jobitem", "libitem", "location", "serviceline", "user", "webhook",
}

// request is what orders look at. It is made once for all of them.
type request struct {
	method, path string
	words        []string // resources, or the entity types of a webhook message
	list         bool
	page         int64
	signedIn     bool // with credentials that a fault can end
}

func (s *Surface) requestOf(r *http.Request, sessions Sessions) request {
	l := s.Look(r)
	return request{
		method: r.Method, path: r.URL.Path, words: l.Words, list: l.List, page: l.Page, signedIn: !l.SigningIn && sessions.SignedIn(r),
	}
}

func lookServiceTrade(r *http.Request) Looked {
	steps := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var l Looked
	if len(steps) > 1 {
		l.Words = steps[1:2]
		l.List = r.Method == http.MethodGet && (len(steps) == 2 && slices.Contains(listed, steps[1]) ||
			len(steps) == 4 && steps[1] == "location" && steps[3] == "comment")
	}
	l.Page, _ = strconv.ParseInt(r.URL.Query().Get("page"), 10, 64) // what is no number is page one, or refused later
	l.SigningIn = r.Method == http.MethodPost && len(l.Words) > 0 && (l.Words[0] == "auth" || l.Words[0] == "oauth2")
	return l
}

// looksAt tells whether the order is about such a request or message.
func (o Order) looksAt(q request) bool {
	if o.Method != "" && !strings.EqualFold(o.Method, q.method) ||
		o.Resource != "" && !slices.Contains(q.words, o.Resource) || !pathFits(o.Path, q.path) {
		return false
	}
	switch o.Fault {
	case SignedOut, Revoked:
		return q.signedIn
	case StaleList:
		return q.list && q.signedIn
	case Drift: // rows cannot move to a first page from one before it
		return q.list && q.signedIn && (q.page > 1 || o.PageSize > 0)
	}
	return true
}

// pathFits compares step by step: * stands for part of a step, /** at the end
// for all steps that follow.
func pathFits(pattern, actual string) bool {
	if pattern == "" {
		return true
	}
	head, open := strings.CutSuffix(pattern, "/**")
	want, have := strings.Split(head, "/"), strings.Split(strings.TrimSuffix(actual, "/"), "/")
	if len(have) < len(want) || !open && len(have) != len(want) {
		return false
	}
	for i, step := range want {
		if ok, err := path.Match(step, have[i]); err != nil || !ok {
			return false
		}
	}
	return true
}
