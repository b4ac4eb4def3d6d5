package hledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/invoice"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// CheckDocument tells the faults of a document without posting it, by the code
// that Create checks it with. Trouble with the books or the program is an error
// that holds the wait which Create would answer.
func (l *Ledger) CheckDocument(ctx context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	c, err := l.chartAhead()
	if err != nil {
		return nil, connector.Stop(l.waitFor(fmt.Errorf("check %s: %w", d.GetMarker(), err)))
	}
	// With its hash, since hledger quotes the text that it refuses.
	hash, err := invoice.HashOf(d)
	if err != nil {
		return nil, err
	}
	_, faults, err := l.checkWith(ctx, connector.Posting{Document: d, DocumentHash: hash, Generation: 1}, c)
	if err != nil {
		return nil, connector.Stop(l.waitFor(fmt.Errorf("check %s: %w", d.GetMarker(), err)))
	}
	return faults, nil
}

// chartAhead is the chart of the books, or the one that they are going to have when
// the first document is posted. Only books that the connection never used may still
// be missing: later they are away.
func (l *Ledger) chartAhead() (chart, error) {
	_, err := os.Stat(l.path(companyFile))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return l.chart()
	}
	if l.known != "" {
		return chart{}, fmt.Errorf("%w: %s has no %s", errNoBooks, l.cfg.JournalDir, companyFile)
	}
	if c, err := l.chart(); !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	c := chart{accounts: declared{}, text: l.chartText(), dir: existing(l.path())}
	return c, readChartText(l.path(l.cfg.Chart), c.text, c.accounts, 0)
}
