package outbox

import (
	"context"
	"fmt"
	"time"
)

// aheadSlack is by how much the time of an export may lie in the future.
const aheadSlack = 2 * time.Minute

// notAhead leaves out the exports whose time lay in the future when they were met: the clock
// of the machine that wrote them is ahead, and an export from before an import file would
// pass for a later one. It stays so after that time has come. Time goes by the folder's
// machine where its clock is ahead of ours.
func (b *Box) notAhead(ctx context.Context, all []export, m *Manifest) ([]export, error) {
	var kept []export
	for _, x := range all {
		ahead, err := b.isAhead(ctx, x, m)
		if err != nil {
			return nil, err
		}
		if !ahead {
			kept = append(kept, x)
			continue
		}
		if b.due("ahead " + x.file.Name) {
			b.log.WarnContext(ctx, "an export is no evidence that a file was imported, since its time is in the future: set the clock of the machine that wrote it, and export again",
				"connection", b.o.Connection, "file", x.file.Name, "time", x.file.Modified.UTC())
		}
	}
	return kept, nil
}

func (b *Box) isAhead(ctx context.Context, x export, m *Manifest) (bool, error) {
	key := fmt.Sprintf("%s %d", x.file.Name, x.file.Modified.UnixNano())
	b.mu.Lock()
	known := b.ahead[key]
	b.mu.Unlock()
	if known || !x.file.Modified.After(b.o.Now().Add(aheadSlack)) {
		return known, nil
	}
	made, err := b.madeBy(ctx, m)
	if err != nil {
		return false, err
	}
	ahead := x.file.Modified.After(b.o.Now().Add(aheadSlack + made.Sub(m.At)))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead[key] = ahead
	return ahead, nil
}
