package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// Config is the settings of a connection, as written in YAML.
type Config struct {
	// URL of the endpoint: https; http only on this machine. Required.
	URL string `yaml:"url"`
	// Secrets sign what is sent: one, or two while it is being replaced. Each is whsec_ and
	// 24 to 64 bytes in base64. Required.
	Secrets []connection.Secret `yaml:"secrets"`
	// Title is the accounting system's name as people write it. Default: the host of URL.
	Title string `yaml:"title"`
	// CallTimeout is the longest that one call takes, 1s to 5m. Default: 30s.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// SettlingTime is how long a finished write may stay invisible to a GET. Default: 0s.
	SettlingTime time.Duration `yaml:"settling_time"`
	// Parallel is how many documents are worked on at once, 1 to 100. Default: 1.
	Parallel int `yaml:"parallel"`
	// RemembersKeys is for how long the endpoint honours an idempotency key, at least an
	// hour. Default: 24h.
	RemembersKeys time.Duration `yaml:"remembers_keys"`
	// AtomicMarker says that the endpoint refuses a second document of one marker by itself.
	AtomicMarker bool `yaml:"atomic_marker"`
	// AssignsNumber says that the accounting system may choose the number.
	AssignsNumber bool `yaml:"assigns_number"`
	// Can is what the endpoint does besides: update, void, preview.
	Can []string `yaml:"can"`
	// Lists are the records that the endpoint lists for a mapping: customer, item, account,
	// tax, terms.
	Lists []string `yaml:"lists"`
}

const (
	defaultCallTimeout = 30 * time.Second
	leastCallTimeout   = time.Second
	mostCallTimeout    = 5 * time.Minute
	mostParallel       = 100
	mostSettling       = time.Hour
	defaultMemory      = 24 * time.Hour
	leastMemory        = time.Hour
	mostSecrets        = 2
)

// complete fills in what is left out, and refuses what cannot be, all of it at once.
func (c *Config) complete() (keys []Key, err error) {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	address, err := url.Parse(c.URL)
	switch {
	case err != nil || address.Host == "" || address.User != nil || address.Fragment != "":
		wrong("setting url: it is no address like https://books.example.com/tradepost, without user and password")
		address = &url.URL{}
	case address.Scheme != "https" && (address.Scheme != "http" || !thisMachine(address.Hostname())):
		wrong("setting url: %q has to be https: invoices would travel for everybody to read", address.Scheme)
	}
	if c.Title = strings.TrimSpace(c.Title); c.Title == "" {
		c.Title = address.Hostname()
	}
	keys, wrongSecrets := parseSecrets(c.Secrets)
	problems = append(problems, wrongSecrets...)
	fill(&c.CallTimeout, defaultCallTimeout)
	if c.CallTimeout < leastCallTimeout || c.CallTimeout > mostCallTimeout {
		wrong("setting call_timeout: %s is not between %s and %s", c.CallTimeout, leastCallTimeout, mostCallTimeout)
	}
	if c.SettlingTime < 0 || c.SettlingTime > mostSettling {
		wrong("setting settling_time: %s is not between 0s and %s", c.SettlingTime, mostSettling)
	}
	if fill(&c.RemembersKeys, defaultMemory); c.RemembersKeys < leastMemory {
		wrong("setting remembers_keys: %s is less than %s", c.RemembersKeys, leastMemory)
	}
	if fill(&c.Parallel, 1); c.Parallel < 1 || c.Parallel > mostParallel {
		wrong("setting parallel: %d is not between 1 and %d", c.Parallel, mostParallel)
	}
	problems = append(problems, answers.WrongDeclarations(c.Can, c.Lists)...)
	return keys, errors.Join(problems...)
}

func parseSecrets(secrets []connection.Secret) (keys []Key, problems []error) {
	if len(secrets) == 0 || len(secrets) > mostSecrets {
		problems = append(problems, fmt.Errorf("setting secrets: there are %d; name one, or two while it is being replaced", len(secrets)))
	}
	for i, s := range secrets {
		key, err := ParseSecret(s.Reveal())
		if err != nil {
			problems = append(problems, fmt.Errorf("setting secrets: number %d: %w; make one with: echo whsec_$(openssl rand -base64 32)", i+1, err))
		}
		keys = append(keys, key)
	}
	return keys, problems
}

func fill[T comparable](value *T, otherwise T) {
	var nothing T
	if *value == nothing {
		*value = otherwise
	}
}

func thisMachine(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
