package posting

import (
	"context"
	"errors"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/company"
)

// booksAge is for how long it is believed that the books are the same as before,
// while nothing speaks against it.
const booksAge = time.Minute

// sameBooks is asked before it is believed that a document does not exist: a company
// that was swapped behind the connection would hide every document, and all of them
// would be made again. Where a document should be there, or may be, it is asked each
// time; otherwise when it was not asked for a minute, or there was trouble since. It
// returns nil when the books are the same.
func (t *try) sameBooks(ctx context.Context, expected bool) *tradepostv1.Outcome {
	if t.SameBooks == nil {
		return nil
	}
	asked := time.Now()
	if !expected && asked.Sub(time.Unix(0, t.checked.Load())) < booksAge {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.callTime())
	defer cancel()
	err := t.SameBooks(ctx)
	if err == nil {
		t.checked.Store(asked.UnixNano())
		return nil
	}
	t.checked.Store(0)
	if a, ok := connector.AnswerOf(err); ok {
		if w, waits := a.(connector.Wait); waits {
			return outcomeOf(w)
		}
	}
	if errors.Is(err, company.ErrSwapped) {
		return outcomeOf(connector.Wait{
			Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonOtherCompany, Message: err.Error(),
		})
	}
	return waitFor(connector.ReasonUnreachable, err.Error())
}
