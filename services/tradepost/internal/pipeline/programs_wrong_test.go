package pipeline_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/record"
)

// clerk is a program that keeps documents in memory, and can be told to go wrong.
type clerk struct {
	mu sync.Mutex
	// wrong is given in place of the answer to an operation.
	wrong map[string]string
	// books are the documents by marker, made how often each was made.
	books map[string]map[string]any
	made  map[string]int
}

// goes makes the answers to an operation wrong; "" makes them right.
func (c *clerk) goes(operation, answer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wrong[operation] = answer; answer == "" {
		delete(c.wrong, operation)
	}
}

// silent is an answer that never comes.
const silent = "silent"

func (c *clerk) answer(m *nats.Msg) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var call map[string]any
	if err := json.Unmarshal(m.Data, &call); err != nil {
		return
	}
	for _, operation := range []string{"company", "check", "find", "create"} {
		body, asked := call[operation].(map[string]any)
		if !asked {
			continue
		}
		right, err := json.Marshal(c.do(operation, body))
		said := string(right)
		if wrong, is := c.wrong[operation]; is {
			said = wrong
		}
		if err == nil && said != silent {
			_ = m.Respond([]byte(said))
		}
	}
}

func (c *clerk) do(operation string, body map[string]any) map[string]any {
	switch operation {
	case "company":
		return map[string]any{"company": map[string]any{"id": "1"}}
	case "check":
		return map[string]any{"faults": map[string]any{}}
	case "find":
		found := []any{}
		if d, there := c.books[body["marker"].(string)]; there {
			found = append(found, d)
		}
		return map[string]any{"found": map[string]any{"documents": found}}
	}
	d := body["document"].(map[string]any)
	marker := d["marker"].(string)
	c.made[marker]++
	c.books[marker] = map[string]any{
		"id": marker, "marker": marker, "kind": d["kind"], "number": d["number"], "total": d["totals"].(map[string]any)["total"],
		"version": "1", "issueDate": d["issueDate"], "documentHash": body["documentHash"],
	}
	return map[string]any{"posted": map[string]any{"document": c.books[marker]}}
}

// A program goes wrong in all the ways that it can. Each makes the invoice wait, or the
// connection pause, under a name of its own, and in the end there is one document.
func TestAProgramThatGoesWrongIsWaitedFor(t *testing.T) {
	p := newPlant(t)
	p.nats = listeningNATS(t, filepath.Join(p.dir, "listening"))
	p.add("acme", 7)
	p.connections["acme-books"] = map[string]any{
		"account": "acme", "connector": "remote", "mapping_file": "acme.yaml",
		"settings": map[string]any{"program": "clerk", "call_timeout": "2s"},
	}
	c := &clerk{wrong: map[string]string{}, books: map[string]map[string]any{}, made: map[string]int{}}
	nc, err := nats.Connect(p.nats.ClientURL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = nc.QueueSubscribe("connector.call.clerk.*", "clerk", c.answer)
	require.NoError(t, err)
	_, err = nc.QueueSubscribe("connector.describe.clerk", "clerk", func(m *nats.Msg) {
		_ = m.Respond(fmt.Appendf(nil, `{"protocol":1,"now":%q}`, time.Now().UTC().Format(time.RFC3339Nano)))
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	p.start()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	store, err := record.Open(t.Context(), js)
	require.NoError(t, err)

	c.goes("find", "oops")
	id := p.send("acme", 1)[0]
	waits := func(reason string) {
		t.Helper()
		p.await("it waits: "+reason, func() bool {
			e, err := store.Get(t.Context(), record.Key{Account: "acme", InvoiceID: id})
			return err == nil && e.Record.GetWaiting().GetReason() == reason
		})
	}
	waits("unreadable_answer")
	c.goes("find", silent)
	waits("unreachable")
	c.goes("find", `{"found":{"documents":[{"id":"9","total":"1.00","marker":"st-acme-9"}]}}`)
	waits("unreadable_answer")
	c.goes("create", `{"posted":{"document":{"id":"9","total":"1.00","marker":"st-acme-9"}}}`)
	c.goes("find", "")
	waits("other_document")
	p.awaitSettled("acme") // It was made all the same, and is found.
	require.Equal(t, map[string]int{fmt.Sprintf("st-acme-%d", id): 1}, c.made)

	c.goes("create", "")
	c.goes("company", "oops")
	c.goes("find", silent) // After trouble the company is asked before anything is made.
	id = p.send("acme", 1)[0]
	waits("unreachable")
	c.goes("find", "")
	pauses, err := pause.Open(t.Context(), js)
	require.NoError(t, err)
	p.await("the connection is paused", func() bool {
		now, err := pauses.Get(t.Context(), "acme-books")
		return err == nil && pause.InForce(now, time.Now()) && now.GetReason() == "unreadable_answer"
	})
	c.goes("company", "")
	p.awaitSettled("acme") // A probe lifts the pause.
	require.Len(t, c.made, 2)
	require.Equal(t, 1, c.made[fmt.Sprintf("st-acme-%d", id)])
}
