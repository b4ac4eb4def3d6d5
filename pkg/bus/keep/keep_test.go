package keep_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/bus/keep"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func rewritten(t require.TestingT, body string, change func(*tradepostv1.Record)) string {
	r := &tradepostv1.Record{}
	require.NoError(t, keep.Unmarshal([]byte(body), r))
	r = proto.Clone(r).(*tradepostv1.Record)
	change(r)
	out, err := keep.Marshal(r)
	require.NoError(t, err)
	return string(out)
}

func TestWhatAnOlderVersionDoesNotKnowStays(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		change func(*tradepostv1.Record)
		want   string
	}{
		"nothing unknown": {
			`{"send": "3", "attempts": 2}`, func(r *tradepostv1.Record) { r.Attempts++ }, `{"send": "3", "attempts": 3}`,
		},
		"on the top": {
			`{"send": "3", "mood": {"a": [1, 2.50, null]}, "x": 1e3}`, func(r *tradepostv1.Record) { r.Send++ },
			`{"send": "4", "mood": {"a": [1, 2.50, null]}, "x": 1e3}`,
		},
		"nested, and the name of the schema": {
			`{"claim": {"owner": "a", "fence": "7"}, "held_reason": "r", "openedAt": "2026-01-02T03:04:05Z"}`,
			func(r *tradepostv1.Record) { r.Claim.Ended = true },
			`{"claim": {"owner": "a", "fence": "7", "ended": true}, "heldReason": "r", "openedAt": "2026-01-02T03:04:05Z"}`,
		},
		"in a list, with its element": {
			`{"documents": [{"id": "1", "new": 1}, {"id": "2"}, {"id": "3", "new": 3}]}`,
			func(r *tradepostv1.Record) {
				r.Documents = append(r.Documents[1:], &tradepostv1.DocumentRef{Id: "4"})
			},
			`{"documents": [{"id": "2"}, {"id": "3", "new": 3}, {"id": "4"}]}`,
		},
		"gone with the message that it stood in": {
			`{"claim": {"owner": "a", "fence": "7"}, "send": "1"}`, func(r *tradepostv1.Record) { r.Claim = nil }, `{"send": "1"}`,
		},
		"only unknown": {`{"claim": {"fence": "7"}}`, func(*tradepostv1.Record) {}, `{"claim": {"fence": "7"}}`},
		"an enum value": {
			`{"state": "RECORD_STATE_CLAIMED", "settlement": "SETTLEMENT_BARTERED"}`, func(*tradepostv1.Record) {},
			`{"state": "RECORD_STATE_CLAIMED", "settlement": "SETTLEMENT_BARTERED"}`,
		},
		"an enum value that was replaced": {
			`{"state": "RECORD_STATE_BARTERED"}`, func(r *tradepostv1.Record) { r.State = tradepostv1.RecordState_RECORD_STATE_HELD },
			`{"state": "RECORD_STATE_HELD"}`,
		},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, rewritten(t, c.body, c.change)) })
	}
}

func TestCarry(t *testing.T) {
	from, to := &tradepostv1.Record{}, &tradepostv1.Record{Send: 2}
	require.NoError(t, keep.Unmarshal([]byte(`{"send": "1", "mood": "good"}`), from))
	keep.Carry(from, to)
	body, err := keep.Marshal(to)
	require.NoError(t, err)
	require.JSONEq(t, `{"send": "2", "mood": "good"}`, string(body))
	keep.Carry((*tradepostv1.Record)(nil), to)
	keep.Carry(from, (*tradepostv1.Record)(nil))
}

func TestErrorsAreThoseOfProtobuf(t *testing.T) {
	for _, body := range []string{``, `[]`, `{"send": "x"}`, `{"documents": {}}`, `{"a": 1,}`, `{"claim": {"b": 1}, "claim": {}}`} {
		require.Error(t, keep.Unmarshal([]byte(body), &tradepostv1.Record{}), body)
	}
}

// Whatever a newer version put wherever: rewriting loses nothing, and twice is as once.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extra := func(o map[string]any) map[string]any {
			for _, k := range rapid.SliceOfN(rapid.StringMatching(`x[a-zA-Z_. ]{0,5}`), 0, 3).Draw(t, "keys") {
				o[k] = rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(rapid.String(), func(s string) any { return s }),
					rapid.Just[any](map[string]any{"id": []any{"1"}})).Draw(t, "value")
			}
			return o
		}
		docs := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "documents") {
			docs = append(docs, extra(map[string]any{"id": "1"}))
		}
		o := extra(map[string]any{"send": "1", "claim": extra(map[string]any{"owner": "me"}), "outcome": extra(map[string]any{})})
		if len(docs) > 0 {
			o["documents"] = docs
		}
		body, err := json.Marshal(o)
		require.NoError(t, err)
		once := rewritten(t, string(body), func(*tradepostv1.Record) {})
		require.JSONEq(t, string(body), once)
		require.JSONEq(t, once, rewritten(t, once, func(*tradepostv1.Record) {}))
	})
}

// What protobuf can read, we can read, and it means the same; and we lose nothing of it.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"send": "1", "claim": {"x": [1], "owner": "a"}, "documents": [{"y": 1}, {}]}`))
	f.Add([]byte(`{"state": "NEW", "openedAt": "2026-01-02T03:04:05Z", "": null, "outcome": null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		theirs, ours := &tradepostv1.Record{}, &tradepostv1.Record{}
		if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, theirs) != nil {
			require.Error(t, keep.Unmarshal(body, ours))
			return
		}
		if keep.Unmarshal(body, ours) != nil {
			return // Such as a number that is none for encoding/json; told, never half read.
		}
		out, err := keep.Marshal(ours)
		require.NoError(t, err)
		again := &tradepostv1.Record{}
		require.NoError(t, (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(out, again), "%s", out)
		require.True(t, proto.Equal(theirs, again), "%s\n%s", body, out)
	})
}
