package preview_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/record"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// same compares what preview said with how the send ended, and the documents byte
// for byte with those that transform published.
func (m *mill) same(i corpusInvoice, view *preview.View, o *tradepostv1.Outcome) {
	t := m.t
	t.Helper()
	ready := &tradepostv1.InvoiceReady{}
	require.Equal(t, m.last(i, bus.StreamReady, bus.StageReady, ready), len(view.Documents) > 0, i.name)
	require.Len(t, view.Documents, len(ready.GetDocuments()), i.name)
	for n, d := range ready.GetDocuments() {
		shown := &tradepostv1.Document{}
		require.NoError(t, protojson.Unmarshal(view.Documents[n].Document, shown))
		require.Equal(t, bytesOf(t, d), bytesOf(t, shown), i.name)
		require.Len(t, view.Documents[n].Explanation, len(ready.GetExplanations()[n].GetFields()), i.name)
	}
	if posted := o.GetPosted(); posted != nil {
		require.Equal(t, preview.Postable, view.Verdict, "%s was posted; preview: %v %s", i.name, view.Faults, view.Why)
		require.Len(t, posted.GetDocuments(), len(view.Documents))
		for _, p := range view.Documents {
			m.inBooks(i, p)
		}
		return
	}
	require.NotNil(t, o.GetRejected(), "%s: %v", i.name, o)
	require.Equal(t, preview.Faulty, view.Verdict, "%s was rejected for %v; preview: %s", i.name, o.GetRejected().GetFaults(), view.Why)
	require.Len(t, view.Faults, len(o.GetRejected().GetFaults()), i.name)
	for n, f := range o.GetRejected().GetFaults() {
		require.Equal(t, f.GetCode(), view.Faults[n].Code, i.name)
		require.Equal(t, fault.Text(f), view.Faults[n].Text, "%s: what the comment says", i.name)
	}
}

// inJournal looks into the files of hledger books.
func (m *mill) inJournal(i corpusInvoice, p preview.Paper) {
	m.t.Helper()
	shown := &tradepostv1.Document{}
	require.NoError(m.t, protojson.Unmarshal(p.Document, shown))
	raw, err := os.ReadFile(filepath.Join(m.config.Dir(), "books-"+i.connection(), "invoices", shown.GetMarker()+".journal"))
	require.NoError(m.t, err, i.name)
	require.Contains(m.t, string(raw), "sthash:"+p.Hash, i.name)
}

func bytesOf(t *testing.T, m proto.Message) string {
	t.Helper()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	require.NoError(t, err)
	return string(raw)
}

// untouched is everything that a preview must leave as it is: the streams, the
// records and the files of the books.
func (m *mill) untouched() map[string]string {
	m.t.Helper()
	seen := map[string]string{}
	for s := range m.js.ListStreams(m.t.Context()).Info() {
		if s.Config.Name != "KV_"+bus.BucketInvoices { // its records, without the epoch that the stages note
			seen[s.Config.Name] = fmt.Sprint(s.State.LastSeq, s.State.Msgs, s.State.Consumers)
		}
	}
	require.NoError(m.t, m.store.Each(m.t.Context(), func(e record.Entry) error {
		seen["record "+e.Key.String()] = fmt.Sprint(e.Revision)
		return nil
	}))
	require.NoError(m.t, filepath.WalkDir(m.config.Dir(), func(path string, e os.DirEntry, err error) error {
		if err == nil && path == m.config.DataDir {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() {
			var raw []byte
			raw, err = os.ReadFile(path)
			seen[path] = string(raw)
		}
		return err
	}))
	return seen
}

// What preview says of an invoice is what becomes of it: same verdict, same faults
// in the same words, same documents to the byte. Over the whole corpus, through the
// real stages and real hledger books; and a preview leaves everything as it was.
func TestPreviewSaysWhatThePipelineDoes(t *testing.T) {
	invoices := corpus(t)
	require.GreaterOrEqual(t, len(invoices), 300)
	m := newMill(t, invoices)
	tally, rules, codes := map[preview.Verdict]int{}, map[string]bool{}, map[string]bool{}
	for from := 0; from < len(invoices); from += batch {
		these := invoices[from:min(from+batch, len(invoices))]
		before := m.untouched()
		views := m.looked(these, from != 2*batch)
		require.Equal(t, before, m.untouched(), "a preview writes nothing")
		if from == 0 { // the first ones were looked at before there were books
			m.run()
		}
		for _, i := range these {
			m.send(i)
		}
		for n, i := range these {
			m.same(i, views[n], m.outcome(i))
			tally[views[n].Verdict]++
			note(views[n], rules, codes)
		}
	}
	t.Logf("%d invoices: %v; %d rules, %d codes", len(invoices), tally, len(rules), len(codes))
	require.Greater(t, tally[preview.Postable], 100)
	require.Greater(t, tally[preview.Faulty], 100)
	for rule := range goldenRules(t) {
		assert.True(t, rules[rule], "no invoice of the corpus is posted by rule %q", rule)
	}
	for _, e := range fault.All() {
		if e.Raised == "transform" && !slices.Contains(elsewhere, e.Code) {
			assert.True(t, codes[e.Code], "no invoice of the corpus has %s", e.Code)
		}
	}
	for _, code := range []string{"account.not_in_books", "text.refused", "accounting.refused"} {
		assert.True(t, codes[code], "the books themselves refuse some with %s", code)
	}
}

// What the books refuse of both documents of a divided invoice, preview and posting tell
// once, and in the same words.
func TestPreviewTellsAFaultOfBothDocumentsOnce(t *testing.T) {
	divided := named(t, corpus(t), "split")
	divided.snapshot.Customer.ExternalIds["accounting"] = "1200: C100" // is no account
	m := newMill(t, []corpusInvoice{divided})
	m.run()
	view := m.looked([]corpusInvoice{divided}, true)[0]
	require.Len(t, view.Documents, 2)
	m.send(divided)
	m.same(divided, view, m.outcome(divided))
	texts := map[string]int{}
	for _, f := range view.Faults {
		texts[f.Text]++
	}
	require.NotEmpty(t, texts)
	for text, times := range texts {
		require.Equal(t, 1, times, text)
	}
}

// elsewhere are faults that no invoice of the corpus can have: those of limits that
// hledger does not have, of messages, of mappings that no file can hold, and of invoices
// that were voided, which are not posted. The tests of transform raise them through its
// stage.
var elsewhere = []string{
	"lines.too_many", "number.too_long", "number.prefix_too_long", "number.made_too_long", "message.wrong_invoice", "message.too_large", "connection.mapping_wrong",
	"invoice.voided", "document.reversal_unknown",
}

// note gathers by which rules an invoice was made that can be posted, and which
// faults one has that cannot.
func note(v *preview.View, rules, codes map[string]bool) {
	for _, p := range v.Documents {
		for _, r := range p.Explanation {
			rules[r.Rule] = rules[r.Rule] || v.Verdict == preview.Postable
		}
	}
	for _, f := range v.Faults {
		codes[f.Code] = true
	}
}

// goldenRules are all rules that the hand-made cases of transform were made by.
func goldenRules(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(transformData, "make", "*", "explanation*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	rules := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range rule.FindAllStringSubmatch(string(raw), -1) {
			rules[m[1]] = true
		}
	}
	return rules
}

var rule = regexp.MustCompile(`"rule": "([^"]+)"`)
