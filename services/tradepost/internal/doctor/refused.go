package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// refused makes a result of a call that ServiceTrade did not answer as hoped.
// action completes "is not allowed to".
func (p *patient) refused(c check, err error, action string) Result {
	st := p.account.ServiceTrade
	var e *servicetrade.Error
	if !errors.As(err, &e) {
		return c.fail(operator, "Run doctor again; if it stays, report this to whoever maintains Tradepost.", "%v", err)
	}
	words := strings.Join(e.Messages, "; ")
	switch {
	case servicetrade.IsSignedOut(err):
		return c.fault(fault.New("servicetrade.signed_out", fault.Args{
			VendorText: words, Params: map[string]string{"account": p.account.ID, "user": st.Identity()},
		}))
	case servicetrade.IsForbidden(err):
		r := c.fault(fault.New("servicetrade.forbidden", fault.Args{
			VendorText: words, Params: map[string]string{"user": st.Identity(), "action": action},
		}))
		r.Fix += " The role Account Admin has it."
		return r
	case servicetrade.IsThrottled(err):
		return c.warn(operator, "Wait a few minutes. If it stays, lower max_parallel of the account.", "ServiceTrade asks for fewer calls: %v", err)
	case e.Status == 0 || e.Status >= http.StatusInternalServerError:
		cause := fmt.Sprintf("%v", e)
		return c.fault(fault.New("servicetrade.unreachable", fault.Args{
			VendorText: cause, Params: map[string]string{"url": shownURL(st.URL)},
		}))
	case e.Status == http.StatusNotFound && !e.Gone:
		return c.fail(admin, fmt.Sprintf("Check the url of account %s; it ends with /api.", p.account.ID),
			"%s answers, but not as ServiceTrade's API does: %v", shownURL(st.URL), err)
	default:
		return c.fail(admin, "See what ServiceTrade says, and mend that.", "cannot %s: %v", action, err)
	}
}
