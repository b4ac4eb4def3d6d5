package faults

import (
	"net/http"
	"slices"
)

// Surface is the API that a seam stands in front of: which faults make sense
// there, what orders may name, and how the API words an answer that a fault gives.
type Surface struct {
	// Begin is what a path that an order names may begin with.
	Begin []string
	// Resources and Methods are the words that orders may name.
	Resources, Methods []string
	// Kinds may be ordered.
	Kinds []Kind
	// Forms are the shapes of answers that orders may ask for; none means that there
	// is only one.
	Forms []string
	// Look tells what orders see of a request.
	Look func(r *http.Request) Looked
	// Answer writes the answer of a fault that has a status.
	Answer func(w http.ResponseWriter, r *http.Request, f *Fault)
}

// Looked is what orders see of a request.
type Looked struct {
	// Words are the resources that it is about.
	Words []string
	// List tells that it asks for a list, and Page for which page of it.
	List bool
	Page int64
	// SigningIn tells that it is made to get credentials, not with them.
	SigningIn bool
}

// ServiceTrade is the surface of the ServiceTrade sandbox.
func ServiceTrade() *Surface {
	return &Surface{
		Begin: []string{"/api/"}, Resources: slices.Clone(resources), Methods: slices.Clone(methods), Look: lookServiceTrade, Answer: answerEnvelope,
		Kinds: []Kind{
			Latency, SignedOut, Evict, Throttled, ServerError, CutBefore, CutAfter, StaleList, Drift, WebhookDouble, WebhookReorder, WebhookDrop, WebhookDelay,
		},
	}
}

// Infos tells people about the kinds that may be ordered, in the order in which
// they look for them.
func (s *Surface) Infos() []Info {
	var out []Info
	for _, i := range allKinds() {
		if slices.Contains(s.Kinds, i.Kind) {
			if len(s.Forms) == 0 {
				i.Fields = slices.DeleteFunc(slices.Clone(i.Fields), func(f string) bool { return f == "form" })
			}
			out = append(out, i)
		}
	}
	return out
}

func (s *Surface) info(k Kind) (Info, bool) {
	all := s.Infos()
	if at := slices.IndexFunc(all, func(i Info) bool { return i.Kind == k }); at >= 0 {
		return all[at], true
	}
	return Info{}, false
}

// Kinds lists the kinds of the ServiceTrade sandbox.
func Kinds() []Info { return ServiceTrade().Infos() }

// Check finds everything that is wrong with an order for the ServiceTrade
// sandbox; nil when it can be given.
func (o Order) Check() []Problem { return ServiceTrade().Check(o) }

// ParseScenario reads a scenario file for the ServiceTrade sandbox; see
// Surface.ParseScenario.
func ParseScenario(file string, data []byte) (*Scenario, error) {
	return ServiceTrade().ParseScenario(file, data)
}
