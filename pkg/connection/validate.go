package connection

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// validate checks what Decode cannot: values, and what belongs together.
func (c *Config) validate() []Problem {
	k := &checker{config: c}
	k.process()
	k.webhook()
	k.connect()
	if len(c.Accounts) == 0 {
		k.add("accounts", "add at least one ServiceTrade account", "there is none")
	}
	for _, id := range slices.Sorted(maps.Keys(c.Accounts)) {
		k.account(c.Accounts[id])
	}
	for _, id := range slices.Sorted(maps.Keys(c.Connections)) {
		k.connection(c.Connections[id])
	}
	k.sameUser()
	k.filters()
	k.externalIDs()
	return k.problems
}

// checker collects problems.
type checker struct {
	config   *Config
	problems []Problem
}

func (k *checker) add(key, fix, format string, args ...any) {
	k.problems = append(k.problems, k.config.doc.problem(key, fix, format, args...))
}

func (k *checker) process() {
	c := k.config
	for u := range strings.SplitSeq(c.NATS.URL, ",") {
		if u != "" {
			k.address("nats.url", strings.TrimSpace(u), "nats", "tls", "ws", "wss")
		}
	}
	if !slices.Contains([]int{1, 3, 5}, c.NATS.Replicas) {
		k.add("nats.replicas", "use 1 for a single server, 3 or 5 for a cluster", "%d copies make no sense", c.NATS.Replicas)
	}
	k.listen("http.listen", c.HTTP.Listen, "127.0.0.1:8080", ":8080")
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "auto", "text", "json")
}

func (k *checker) listen(key, address, own, all string) {
	if address == off {
		return
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		k.add(key, fmt.Sprintf(`write host:port, such as %s or %q for all addresses, or "off"`, own, all), "%q is no address to listen on", address)
	}
}

func (k *checker) oneOf(key, value string, known ...string) {
	if !slices.Contains(known, value) {
		k.add(key, strictyaml.Suggest(value, known), "%q is not known", value)
	}
}

// address accepts an absolute URL of one of the schemes. The URL is not repeated
// whole in the problem, since it may hold a password.
func (k *checker) address(key, value string, schemes ...string) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "":
		k.add(key, "write it as "+schemes[0]+"://host:port", "is no complete address")
	case !slices.Contains(schemes, u.Scheme):
		k.add(key, "begin it with "+schemes[0]+"://", "%s:// cannot be used here", u.Scheme)
	}
}
