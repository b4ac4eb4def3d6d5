package hooks

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

const masked = "********"

// normal writes an address in one way, so that ServiceTrade may change the case of
// the host, or leave out the usual port.
func normal(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	return u.String()
}

// ours tells whether a registration was made for this account under the present
// public_url, with whatever secret. The address has nothing behind the secret.
func (w *worker) ours(h servicetrade.Webhook) bool {
	rest, ok := strings.CutPrefix(normal(h.HookURL), w.prefix)
	return ok && rest != "" && !strings.ContainsAny(rest, "/?#")
}

// suspicion notes a registration that looks like ours under another public_url. It
// may be another installation's, so that a person has to decide.
func (w *worker) suspicion(h servicetrade.Webhook) string {
	if strings.Contains(h.HookURL, connection.WebhookPath+w.o.Account.ID+"/") {
		return "looks like one of Tradepost under another public_url; delete it in ServiceTrade if nobody uses it"
	}
	return ""
}

// shown is an address without what nobody but ServiceTrade needs to see.
func (w *worker) shown(address string) string {
	if strings.HasPrefix(normal(address), w.prefix) {
		return w.prefix + masked
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return masked
	}
	return u.Scheme + "://" + u.Host + "/..."
}

// explain says what failed, what that means, and what to do. ServiceTrade's own
// words may repeat the address, so the secret is taken out.
func (w *worker) explain(action string, err error) error {
	a := w.o.Account
	text := fmt.Sprintf("account %s: %s", a.ID, action)
	switch {
	case servicetrade.IsForbidden(err):
		text += fmt.Sprintf(": the user %q needs the permission admin.account for that, which the role Account Admin has. "+
			"Give it to the user in ServiceTrade at least while this command runs. Until then the polls find everything, only later", a.ServiceTrade.Username)
	case servicetrade.WriteUncertain(err):
		text += ": the answer was lost, so that it may have been done or not. Run the command again: it looks first"
	}
	return &failure{text: text, secret: a.ServiceTrade.WebhookSecret.Reveal(), err: err}
}

// failure never shows the secret.
type failure struct {
	text   string
	secret string
	err    error
}

func (f *failure) Error() string {
	text := f.text + ": " + f.err.Error()
	if f.secret == "" {
		return text
	}
	return strings.ReplaceAll(text, f.secret, masked)
}

func (f *failure) Unwrap() error { return f.err }
