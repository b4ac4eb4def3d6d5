package model

import (
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// marker names a comment: the content, the send that a user asked for, and what it
// is about.
func (t *turn) marker(about string) string {
	return fmt.Sprintf("%s/%d/%s/%s", t.e.Record.GetSnapshotHash(), t.e.Record.GetAskedSend(), about, t.e.Record.GetOutcome().GetHash())
}

func contentOf(r *tradepostv1.Record) int {
	content := 0
	_, _ = fmt.Sscanf(r.GetSnapshotHash(), "content-%d", &content) // 0 is no content
	return content
}
