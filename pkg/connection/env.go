package connection

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// accountOverrides are the variables of one account, after its prefix.
type accountOverrides struct {
	URL      string `env:"URL"`
	Username string `env:"USERNAME"`
	Password string `env:"PASSWORD"`
	// WebhookSecret replaces webhook_secret.
	WebhookSecret string `env:"WEBHOOK_SECRET"`

	Auth         string `env:"AUTH"`
	ClientID     string `env:"CLIENT_ID"`
	ClientSecret string `env:"CLIENT_SECRET"`
}

// EnvPrefix is what the environment variables of an account begin with: for the
// account acme-west it is TRADEPOST_ACCOUNT_ACME_WEST_.
func EnvPrefix(account string) string {
	return "TRADEPOST_ACCOUNT_" + strings.ToUpper(strings.ReplaceAll(account, "-", "_")) + "_"
}

// environment makes a map of NAME=value entries.
func environment(environ []string) map[string]string {
	vars := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			vars[name] = value
		}
	}
	return vars
}

// override lays the environment's values over what the file said.
func override(c *Config, vars map[string]string) []strictyaml.Problem {
	problems := parseEnv(c, vars, "")
	for id, account := range c.Accounts {
		var o accountOverrides
		problems = append(problems, parseEnv(&o, vars, EnvPrefix(id))...)
		o.lay(&account.ServiceTrade)
	}
	return problems
}

// lay sets what the environment says.
func (o accountOverrides) lay(st *ServiceTrade) {
	st.URL = cmp.Or(o.URL, st.URL)
	st.Auth = cmp.Or(o.Auth, st.Auth)
	st.Username = cmp.Or(o.Username, st.Username)
	st.ClientID = cmp.Or(o.ClientID, st.ClientID)
	if o.Password != "" {
		st.Password = NewSecret(o.Password)
	}
	if o.ClientSecret != "" {
		st.ClientSecret = NewSecret(o.ClientSecret)
	}
	if o.WebhookSecret != "" {
		st.WebhookSecret = NewSecret(o.WebhookSecret)
	}
}

func parseEnv(into any, vars map[string]string, prefix string) []strictyaml.Problem {
	err := env.ParseWithOptions(into, env.Options{Environment: vars, Prefix: prefix})
	if err == nil {
		return nil
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []strictyaml.Problem{{File: "environment", What: err.Error()}}
	}
	problems := make([]strictyaml.Problem, 0, len(all.Errors))
	for _, e := range all.Errors {
		problems = append(problems, envProblem(into, e, vars, prefix))
	}
	return problems
}

func envProblem(into any, err error, vars map[string]string, prefix string) strictyaml.Problem {
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return strictyaml.Problem{File: "environment", What: err.Error()}
	}
	name := prefix + variableOf(reflect.TypeOf(into).Elem(), parse.Name)
	return strictyaml.Problem{
		File: "environment", Key: name, What: fmt.Sprintf("%q cannot be used as %s", vars[name], parse.Type),
		Fix: "mend the variable, or unset it",
	}
}

// variableOf finds the variable that sets the named field of t or of a struct in it.
func variableOf(t reflect.Type, field string) string {
	for f := range t.Fields() {
		if f.Name == field && f.Tag.Get("env") != "" {
			return f.Tag.Get("env")
		}
		if f.Type.Kind() == reflect.Struct {
			if name := variableOf(f.Type, field); name != "" {
				return name
			}
		}
	}
	return ""
}
