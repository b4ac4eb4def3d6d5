package connection

import (
	"errors"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // containers have no zones of their own
)

// idPattern is what account and connection ids may look like: they are tokens
// of NATS subjects and parts of keys.
var idPattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

const (
	// minPollInterval is the finest schedule of the NATS server, which ticks whole seconds.
	minPollInterval = time.Second
	maxPollInterval = time.Hour
	maxParallel     = 32
	// maxCallsPerMinute is beyond anything that ServiceTrade answers.
	maxCallsPerMinute = 60_000
	idFix             = "use 1 to 40 of the characters a-z, 0-9 and -"
)

var errNoZone = errors.New("not the name of a time zone")

// loadZone refuses "" and Local: what they mean depends on the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errNoZone
	}
	return time.LoadLocation(name)
}

func (k *checker) account(a *Account) {
	key := "accounts." + a.ID
	if !idPattern.MatchString(a.ID) {
		k.add(key, idFix, "%q cannot be an account's id", a.ID)
	}
	location, err := loadZone(a.TimeZone)
	switch {
	case a.TimeZone == "":
		k.add(key+".time_zone", `add the zone in which the office keeps its books, such as "time_zone: America/Chicago"`, "is missing")
	case err != nil:
		k.add(key+".time_zone", "use an IANA name, such as America/Chicago", "%q is not the name of a time zone", a.TimeZone)
	}
	a.location = location
	k.serviceTrade(key+".servicetrade", a)
}

func (k *checker) serviceTrade(key string, a *Account) {
	st := a.ServiceTrade
	k.address(key+".url", st.URL, "https", "http")
	k.address(key+".app_url", st.AppURL, "https", "http")
	k.signIn(key, a)
	k.webhookSecret(key+".webhook_secret", st.WebhookSecret)
	k.entityType(key+".invoice_entity_type", st.InvoiceEntityType)
	if st.PollInterval < minPollInterval || st.PollInterval > maxPollInterval || st.PollInterval%time.Second != 0 {
		k.add(key+".poll_interval", "use 30s unless there is a reason not to", "%s is not whole seconds between %s and %s", st.PollInterval, minPollInterval, maxPollInterval)
	}
	if st.MaxParallel < 1 || st.MaxParallel > maxParallel {
		k.add(key+".max_parallel", "use 4 unless there is a reason not to", "%d is not between 1 and %d", st.MaxParallel, maxParallel)
	}
	if st.CallsPerMinute < 0 || st.CallsPerMinute > maxCallsPerMinute {
		k.add(key+".calls_per_minute", "leave it out for no limit", "%d is not between 0 and %d", st.CallsPerMinute, maxCallsPerMinute)
	}
}

// signIn asks for what the way of signing in needs. What belongs to the other way
// may stay, so that switching between them is one line.
func (k *checker) signIn(key string, a *Account) {
	st := a.ServiceTrade
	k.oneOf(key+".auth", st.Auth, AuthSession, AuthOAuth2)
	const asSecret = "add it as {env: NAME} or {file: path}"
	if st.Auth == AuthOAuth2 {
		k.needed(a, key, "client_id", st.ClientID == "", "add it")
		k.needed(a, key, "client_secret", st.ClientSecret.IsZero(), asSecret)
		return
	}
	k.needed(a, key, "username", st.Username == "", "add it")
	k.needed(a, key, "password", st.Password.IsZero(), asSecret)
}

func (k *checker) needed(a *Account, key, name string, missing bool, fix string) {
	if missing {
		k.add(key+"."+name, fix+", or set "+EnvPrefix(a.ID)+strings.ToUpper(name), "is missing")
	}
}

func (k *checker) entityType(key string, number int) {
	const fix = "run `tradepost doctor`, which finds it: write a comment on one invoice in ServiceTrade first"
	switch {
	case number == 0:
		k.add(key, fix, "is missing: the number by which ServiceTrade's comments call an invoice; without it no invoice could be marked as failed with a comment")
	case number < 0:
		k.add(key, fix, "%d cannot be the number of a type", number)
	}
}
