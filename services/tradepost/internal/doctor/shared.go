package doctor

import (
	"context"
	"strings"

	"github.com/tradepost/tradepost/pkg/signin"
)

// sharedSignIn tells what the services noted about the account's sign-in, which
// doctor does not use itself.
func (d *doctor) sharedSignIn(ctx context.Context, c check, account string) []Result {
	n, ok := d.nats.get(ctx)
	if !ok || n.js == nil {
		return nil // the check of NATS says why
	}
	states, err := signin.States(ctx, n.js, account, d.now())
	if err != nil {
		return nil // so does that of its buckets
	}
	var results []Result
	kept := 0
	for _, s := range states {
		if s.SignedIn {
			kept++
		}
		if t := s.Trouble; t != nil {
			said := ""
			if t.Says != "" {
				said = " (ServiceTrade says: " + t.Says + ")"
			}
			results = append(results, c.warn(t.Owner, t.Fix, "the services wait since %s: %s, %s%s",
				t.Since.UTC().Format("2006-01-02 15:04 MST"), strings.ReplaceAll(string(t.Reason), "_", " "), t.Action, said))
		}
	}
	if len(results) == 0 && kept > 0 {
		results = append(results, c.ok("kept encrypted for all processes: %s", count(kept, "sign-in")))
	}
	return results
}
