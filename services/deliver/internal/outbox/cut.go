package outbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// remind notes that an entry is in no file yet. Whoever meets one that is not noted does
// it, so that it does not matter when a worker dies before.
func (b *Box) remind(ctx context.Context, e *Entry) {
	err := b.folder.Publish(ctx, waitingFile(e.Marker, e.N), []byte{})
	if err != nil && !errors.Is(err, fs.ErrExist) {
		b.log.WarnContext(ctx, "a document could not be put on the list for the next import file", "connection", b.o.Connection, "document", e.id(), "err", err)
	}
}

// Cut makes import files of the documents that wait: where there are enough, where the
// first has waited for long enough, or of all if now is set.
func (b *Box) Cut(ctx context.Context, now bool) error {
	for {
		// Also what another worker decided a moment ago.
		if err := b.appear(ctx); err != nil {
			return err
		}
		batch, err := b.batch(ctx, now)
		if err != nil || len(batch) == 0 {
			return err
		}
		err = b.cutOne(ctx, batch)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// waiting returns the entries that are in no file, oldest first.
func (b *Box) waiting(ctx context.Context) ([]*Entry, error) {
	files, err := b.folder.List(ctx, waitingDir)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	var all []*Entry
	for _, f := range files {
		marker, n, ok := readID(f.Name)
		if !ok {
			continue
		}
		m, err := b.ledger.manifestOf(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		if m != nil {
			// Its worker died before it took it off the list.
			if err := ignoreMissing(b.folder.Remove(ctx, waitingDir+"/"+f.Name)); err != nil {
				return nil, err
			}
			continue
		}
		e, err := b.ledger.entry(ctx, marker, n)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *Entry) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.id(), b.id())) })
	return all, nil
}

// batch is what the next file has: the oldest document and those of its layout.
func (b *Box) batch(ctx context.Context, now bool) ([]*Entry, error) {
	waiting, err := b.waiting(ctx)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	layout := waiting[0].Layout
	others := slices.DeleteFunc(waiting, func(e *Entry) bool { return e.Layout != layout })
	due := now || len(others) >= b.o.Batch || b.o.Now().Sub(others[0].At) >= b.o.Wait
	if !due {
		return nil, nil
	}
	return others[:min(len(others), b.o.Batch)], nil
}

// cutOne makes one file: staged first, then decided by its manifest, then moved to where
// people see it. fs.ErrExist says that another worker was faster.
func (b *Box) cutOne(ctx context.Context, batch []*Entry) error {
	before, err := b.complete(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(batch, func(e *Entry) bool { return inFile(before, e) }) {
		return fs.ErrExist
	}
	m, content, customers, err := b.manifestFor(ctx, batch, before)
	if err != nil {
		return err
	}
	if err := b.decide(ctx, m, content, customers); err != nil {
		return err
	}
	if err := b.appear(ctx); err != nil {
		return err
	}
	for _, e := range batch {
		if err := ignoreMissing(b.folder.Remove(ctx, waitingFile(e.Marker, e.N))); err != nil {
			return err
		}
	}
	return nil
}

// decide stages the files of a manifest and publishes it. What was staged for one that
// certainly is not there is taken away again; in doubt it stays, since nobody makes the
// files of a manifest anew.
func (b *Box) decide(ctx context.Context, m *Manifest, content, customers []byte) error {
	err := b.folder.Stage(ctx, m.Staged, content)
	if err == nil && m.StagedCustomers != "" {
		err = b.folder.Stage(ctx, m.StagedCustomers, customers)
	}
	absent := true
	if err == nil {
		err = b.ledger.write(ctx, manifestFile(m.Sequence), m)
		absent = err != nil && (errors.Is(err, fs.ErrExist) || notMade(err)) && b.lacks(context.WithoutCancel(ctx), m)
	}
	if err != nil && absent {
		for _, staged := range []string{m.Staged, m.StagedCustomers} {
			if staged != "" {
				_ = b.folder.Remove(context.WithoutCancel(ctx), staged)
			}
		}
	}
	return err
}

// lacks makes sure that a manifest is not in the ledger: nothing has its place, or another
// one does.
func (b *Box) lacks(ctx context.Context, m *Manifest) bool {
	there := Manifest{}
	err := b.ledger.read(ctx, manifestFile(m.Sequence), &there)
	return errors.Is(err, fs.ErrNotExist) || err == nil && there.Staged != m.Staged
}

func inFile(files []*Manifest, e *Entry) bool {
	for _, m := range files {
		for _, d := range m.Documents {
			if d.Marker == e.Marker && d.N == e.N {
				return true
			}
		}
	}
	return false
}

func (b *Box) manifestFor(ctx context.Context, batch []*Entry, before []*Manifest) (m *Manifest, content, customers []byte, err error) {
	m = &Manifest{Sequence: len(before) + 1, Layout: batch[0].Layout, At: b.o.Now().UTC()}
	content = append(content, batch[0].Head...)
	sum := decimal.Zero
	for _, e := range batch {
		content = append(content, e.Rows...)
		m.Documents = append(m.Documents, listed(e))
		total, err := decimal.NewFromString(e.Total)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%w: the total of %s: %w", errBroken, e.id(), err)
		}
		if e.Kind == creditMemo {
			total = total.Neg()
		}
		sum = sum.Add(total)
	}
	m.Total, m.SHA256 = sum.StringFixed(2), hashOf(content)
	name := fmt.Sprintf("%s-%04d-%s%s", m.At.Format("20060102"), m.Sequence, m.SHA256[:8], b.o.Ext)
	m.File, m.Staged = b.o.Prefix+"-"+name, stagedDir+"/"+rand.Text()
	known, err := b.knownCustomers(ctx, before)
	if err != nil {
		return nil, nil, nil, err
	}
	if m.Customers, customers = newCustomers(batch, known); len(m.Customers) > 0 {
		m.CustomerFile, m.StagedCustomers = b.o.CustomerPrefix+"-"+name, stagedDir+"/"+rand.Text()
	}
	return m, content, customers, nil
}

// knownCustomers are those whose records went out with a file that was not rejected.
func (b *Box) knownCustomers(ctx context.Context, before []*Manifest) (map[string]bool, error) {
	known := map[string]bool{}
	for _, m := range before {
		if len(m.Customers) == 0 {
			continue
		}
		v, _, err := b.fileVerdict(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, c := range m.Customers {
			known[c] = known[c] || v == nil || v.Verdict == Imported
		}
	}
	return known, nil
}

func newCustomers(batch []*Entry, known map[string]bool) (keys []string, content []byte) {
	for _, e := range batch {
		if c := e.NewCustomer; c != nil && !known[c.Key] {
			if len(keys) == 0 {
				content = bytes.Clone(c.Head)
			}
			known[c.Key] = true
			keys, content = append(keys, c.Key), append(content, c.Rows...)
		}
	}
	return keys, content
}

func listed(e *Entry) Listed {
	return Listed{
		Marker: e.Marker, N: e.N, DocumentHash: e.DocumentHash, Kind: e.Kind, Number: e.Number,
		Customer: e.Customer, Total: e.Total,
	}
}
