package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

// connection checks one connection: its settings, its accounting system, whose
// books those are, and its mapping.
func (d *doctor) connection(ctx context.Context, conn *connection.Connection) []Result {
	system := "connection " + conn.ID
	if !conn.Enabled {
		return []Result{check{system, "enabled"}.skip("it is not enabled: its invoices wait")}
	}
	results := d.books(ctx, conn, system)
	return append(results, d.mappingHints(conn, check{system, "mapping"})...)
}

// books checks what needs the connector.
func (d *doctor) books(ctx context.Context, conn *connection.Connection, system string) []Result {
	c := check{system, "settings"}
	reg, err := d.Connectors.Lookup(conn.Connector)
	if err != nil {
		return []Result{c.skip("its connector is not known, see the configuration")}
	}
	made, results, _ := bounded(ctx, d, c, func(ctx context.Context) (connector.Connector, []Result) {
		settings := stage.Settings(d.config, conn, d.log)
		stored, _ := d.storedCompany(ctx, conn.ID) // the check of the company tells why it is not known
		settings.Company = stored.GetCompanyId()
		if n, ok := d.nats.get(ctx); ok {
			n.meter.Give(&settings)
			if n.js != nil {
				settings.Programs = bus.Asker{NC: n.js.Conn()}
			}
			if reg.SignIn != nil {
				signins.Give(ctx, &settings, d.config, conn, d.Connectors, n.js)
			}
		}
		made, err := reg.New(ctx, settings)
		if err != nil {
			return nil, c.settings(conn, err)
		}
		return made, []Result{c.ok("connector %s: the settings can be used", conn.Connector)}
	})
	if made == nil {
		return results
	}
	signed := simply(ctx, d, check{system, "sign-in"}, func(ctx context.Context) []Result { return d.signIn(ctx, conn, check{system, "sign-in"}) })
	results = append(results, signed...)
	c.name = "books"
	faults, more, answered := bounded(ctx, d, c, func(ctx context.Context) (bool, []Result) { return c.faults(ctx, made) })
	if faults && slices.ContainsFunc(signed, isNoSignIn) {
		more = []Result{c.skip("not looked at: that needs the sign-in, and the key that it is encrypted with")}
	}
	results = append(results, more...)
	who := check{system, "company"}
	if faults || !answered {
		results = append(results, who.skip("not asked, since the books cannot be used"))
	} else {
		var there bool
		there, more, answered = bounded(ctx, d, who, func(ctx context.Context) (bool, []Result) { return d.company(ctx, who, conn, made) })
		results = append(append(results, c.able(made, there)), more...)
		if there && answered {
			var told []Result
			_, told, answered = bounded(ctx, d, c, func(ctx context.Context) (bool, []Result) {
				return true, d.files(ctx, check{system, "import files"}, made, conn.ID)
			})
			results = append(results, told...)
		}
	}
	if answered { // else a call is still under way
		_ = made.Close()
	}
	return results
}

// isNoSignIn tells whether nobody is signed in, as far as doctor knows, or doctor cannot
// read the sign-in. What the books say then is that once more.
func isNoSignIn(signIn Result) bool {
	return signIn.Status == Fail || signIn.Status == Skip || signIn.Check == ownKey
}

// able says that the connector found nothing that would keep it from posting. Of
// books that are not there it can tell no more than that they could be made.
func (c check) able(made connector.Connector, there bool) Result {
	title := made.Describe().Title
	if !there {
		return c.ok("%s found nothing wrong with the place of the books; the books themselves were not seen", title)
	}
	return c.ok("%s has nothing against posting", title)
}

// faults asks the connector for what would keep it from posting.
func (c check) faults(ctx context.Context, made connector.Connector) (bool, []Result) {
	var results []Result
	faults := made.Check(ctx)
	if len(faults) > 0 && ctx.Err() != nil {
		// A program that was cut off looks like one that is not there.
		return true, []Result{c.fail(operator, lateFix, "the check of the books did not end in time")}
	}
	for _, f := range faults {
		results = append(results, c.fault(f))
	}
	return len(results) > 0, results
}

// settings tells every problem of the settings, with its place where that is known.
func (c check) settings(conn *connection.Connection, err error) []Result {
	if e, ok := errors.AsType[*connection.Error](err); ok {
		results := make([]Result, len(e.Problems))
		for i, p := range e.Problems {
			results[i] = c.problem(p)
		}
		return results
	}
	var results []Result
	for what := range strings.Lines(err.Error()) {
		what = strings.TrimPrefix(strings.TrimSpace(what), "connection "+conn.ID+": ")
		results = append(results, c.fail(admin, fmt.Sprintf("Correct it under connections.%s.settings.", conn.ID), "%s", what))
	}
	return results
}
