package connection

import (
	"errors"
	"regexp"
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
	idFix           = "use 1 to 40 of the characters a-z, 0-9 and -"
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
	if st.Username == "" {
		k.add(key+".username", "add it, or set "+EnvPrefix(a.ID)+"USERNAME", "is missing")
	}
	if st.Password.IsZero() {
		k.add(key+".password", "add it as {env: NAME} or {file: path}, or set "+EnvPrefix(a.ID)+"PASSWORD", "is missing")
	}
	k.webhookSecret(key+".webhook_secret", st.WebhookSecret)
	k.entityType(key+".invoice_entity_type", st.InvoiceEntityType)
	if st.PollInterval < minPollInterval || st.PollInterval > maxPollInterval || st.PollInterval%time.Second != 0 {
		k.add(key+".poll_interval", "use 30s unless there is a reason not to", "%s is not whole seconds between %s and %s", st.PollInterval, minPollInterval, maxPollInterval)
	}
	if st.MaxParallel < 1 || st.MaxParallel > maxParallel {
		k.add(key+".max_parallel", "use 4 unless there is a reason not to", "%d is not between 1 and %d", st.MaxParallel, maxParallel)
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
