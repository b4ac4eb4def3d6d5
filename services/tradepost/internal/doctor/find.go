package doctor

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// lastNumber is the highest entity type number that is tried.
const lastNumber = 60

// Find looks for the invoice's entity type number: a person wrote a comment that
// says Text on the invoice InvoiceID of Account, and the number under which
// ServiceTrade lists it is the one. Without invoice or text it explains that.
// A configuration that lacks the number, or other values, is good enough.
func Find(ctx context.Context, o Options) *Report {
	d := newDoctor(o)
	accounts := d.accounts()
	if len(accounts) != 1 {
		c := check{systemConfiguration, "names"}
		results := append(d.configuration(), d.unknownNames()...)
		if d.Account == "" && d.Connection == "" {
			results = append(results, c.fail(operator, have("account", d.config.Accounts), "name the account with --account"))
		}
		return newReport(results, nil)
	}
	p, done := d.patient(accounts[0])
	defer done()
	results := d.keptOut(p.account.ID)
	if d.InvoiceID <= 0 || plain(d.Text) == "" {
		results = append(results, p.check("comments").skip("nothing was looked for: --invoice and --text are needed"))
		return newReport(results, []Guide{entityTypeGuide(p.account.ID, d.Path)})
	}
	c := p.check("host")
	up, more, _ := bounded(ctx, d, c, p.host)
	if results = append(results, more...); !up {
		return newReport(results, nil)
	}
	in, more := p.enter(ctx)
	if results = append(results, more...); in == nil {
		return newReport(results, nil)
	}
	defer p.leave(ctx)
	number, result := p.find(ctx)
	report := newReport(append(results, result), nil)
	if number > 0 {
		report.EntityType = &EntityType{Account: p.account.ID, Number: number, Line: line(number)}
	}
	return report
}

func line(number int) string { return fmt.Sprintf("invoice_entity_type: %d", number) }

// find asks for the comments under every number.
func (p *patient) find(ctx context.Context) (int, Result) {
	c := p.check("comments")
	_, results, answered := bounded(ctx, p.doctor, c, func(ctx context.Context) (bool, []Result) {
		if _, err := p.client.Invoice(ctx, p.InvoiceID); err != nil {
			return false, []Result{p.noInvoice(c, p.InvoiceID, err)}
		}
		return true, nil
	})
	if !answered || len(results) > 0 {
		return 0, results[0]
	}
	found := p.tryAll(ctx)
	looked := fmt.Sprintf("comments on record %d under the entity types 1 to %d, for %q", p.InvoiceID, lastNumber, p.Text)
	switch {
	case found.stopped != nil:
		return 0, p.refused(c, found.stopped, "list comments").looked("%s", looked)
	case len(found.numbers) == 1:
		return found.numbers[0], p.foundOne(c, found.numbers[0]).looked("%s", looked)
	case len(found.numbers) > 1:
		return 0, c.fail("office", "Write another comment on the invoice, with rarer words, and give those as --text.",
			"the words are found under several numbers: %s", numbers(found.numbers)).looked("%s", looked)
	}
	r := c.fail("office", fmt.Sprintf("Look that the comment is on the invoice itself (not on its job), that its page's address ends with %d, "+
		"and that --text has words of it as they are written there.", p.InvoiceID), "no comment with these words was found").looked("%s", looked)
	if found.refused > 0 {
		r.Problem += fmt.Sprintf("; %s refused (the first: %v)", count(found.refused, "number")+" were", found.first)
	}
	return 0, r
}

// foundOne tells what to do with the number.
func (p *patient) foundOne(c check, number int) Result {
	have := p.account.ServiceTrade.InvoiceEntityType
	add := fmt.Sprintf("Write into %s, under accounts.%s.servicetrade:  %s", p.config.Path, p.account.ID, line(number))
	if word, taken := kinds[number]; taken {
		return c.warn(admin, "Look that the comment is on the invoice itself, and try again with another invoice.",
			"the words are found under %d, which is known as ServiceTrade's number of a %s", number, word)
	}
	switch have {
	case number:
		return c.ok("the invoice's entity type is %d, as the configuration says", number)
	case 0:
		r := c.ok("")
		r.Problem, r.Owner, r.Fix = fmt.Sprintf("the invoice's entity type is %d", number), admin, add
		return r
	}
	return c.warn(admin, add, "the invoice's entity type is %d, and the configuration says %d", number, have)
}

// hits is what a search over all numbers came to.
type hits struct {
	numbers []int
	refused int
	first   error
	// stopped is set when the search could not go on at all.
	stopped error
}

// tryAll asks for each number, some at once; each call is bounded by itself.
// ServiceTrade may refuse numbers that it does not know: those are not the one.
func (p *patient) tryAll(ctx context.Context) hits {
	var mu sync.Mutex
	var all hits
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for number := 1; number <= lastNumber; number++ {
		g.Go(func() error {
			hit, err := p.says(ctx, number)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && hit:
				all.numbers = append(all.numbers, number)
			case err != nil && stops(err):
				return err
			case err != nil:
				if all.refused++; all.first == nil {
					all.first = err
				}
			}
			return nil
		})
	}
	all.stopped = g.Wait()
	slices.Sort(all.numbers)
	return all
}

// stops tells errors that every other number would meet too.
func stops(err error) bool {
	e, ok := errors.AsType[*servicetrade.Error](err)
	return !ok || e.Status == 0 || servicetrade.IsSignedOut(err) || servicetrade.IsThrottled(err)
}

// says tells whether a comment listed under a number has the words.
func (p *patient) says(ctx context.Context, number int) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	comments, err := p.client.Comments(ctx, number, p.InvoiceID)
	hit := slices.ContainsFunc(comments, func(m servicetrade.Comment) bool {
		return strings.Contains(plain(m.Content), plain(p.Text))
	})
	return hit, err
}

var tags = regexp.MustCompile(`<[^<>]*>`)

// plain is a text without markup, upper case and line ends, which a web page may
// have changed since the words were typed.
func plain(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(s, " "))), " "))
}

func numbers[T int | int64](list []T) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]")
}
