package connection

import (
	"net"
	"net/url"
	"regexp"
)

// off is the address of what does not listen.
const off = "off"

// minWebhookSecret makes guessing hopeless: 24 characters of hex are 96 bits.
const minWebhookSecret = 24

// webhookSecretPattern holds what no proxy and no ServiceTrade rewrites in a path.
var webhookSecretPattern = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

const webhookSecretFix = "use 24 to 200 of the characters A-Z, a-z, 0-9, _ and -; `openssl rand -hex 24` makes a good one"

// maxWebhookSecret keeps the address within what forms and logs of proxies take.
const maxWebhookSecret = 200

func (k *checker) webhook() {
	w := k.config.Webhook
	k.listen("webhook.listen", w.Listen, "127.0.0.1:8081", ":8081")
	if w.Listen == off {
		k.publicURL("webhook.public_url", w.PublicURL, webhookHTTPS)
		return
	}
	if w.Listen == k.config.HTTP.Listen {
		k.add("webhook.listen", "use another port", "is the address of http.listen, where health and metrics are served")
	}
	if !k.anyWebhookSecret() {
		k.add("webhook.listen", "add webhook_secret to an account's servicetrade settings, or set this to off",
			"no account has a webhook_secret, so every message would be refused")
	}
	k.publicURL("webhook.public_url", w.PublicURL, webhookHTTPS)
}

const webhookHTTPS = "begin it with https://: ServiceTrade sends to nothing else, and the address holds a secret"

func (k *checker) anyWebhookSecret() bool {
	for _, a := range k.config.Accounts {
		if !a.ServiceTrade.WebhookSecret.IsZero() {
			return true
		}
	}
	return false
}

// publicURL accepts http on this machine only, for trials: elsewhere the secret
// would cross the network in clear.
func (k *checker) publicURL(key, value, https string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "":
		k.add(key, "write it as https://host/path", "is no complete address")
	case u.Scheme != "https" && (u.Scheme != "http" || !onThisMachine(u.Hostname())):
		k.add(key, https, "%s:// cannot be used here", u.Scheme)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		k.add(key, "leave out user, password, ? and #", "is more than an address and a path")
	}
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// webhookSecret never repeats the secret.
func (k *checker) webhookSecret(key string, s Secret) {
	switch n := len(s.Reveal()); {
	case n == 0:
	case n < minWebhookSecret:
		k.add(key, webhookSecretFix, "has %d characters, and could be guessed", n)
	case n > maxWebhookSecret:
		k.add(key, webhookSecretFix, "has %d characters, too many for an address", n)
	case !webhookSecretPattern.MatchString(s.Reveal()):
		k.add(key, webhookSecretFix, "has characters that an address cannot carry as they are")
	}
}
