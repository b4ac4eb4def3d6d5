package hook

import (
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
)

// spoil queues a message as the fault has it; no fault queues it at once.
func (d *Dispatcher) spoil(del delivery, f *faults.WebhookFault) {
	if f == nil {
		d.queue(del)
		return
	}
	d.cfg.Log.Info("webhook message meets a fault", "webhook", del.hook.ID, "fault", strings.Join(f.By, "; "))
	if f.Drop {
		return
	}
	copies := []delivery{del}
	if f.Twice {
		copies = append(copies, del)
	}
	switch {
	case f.Delay > 0:
		// Without a goroutine: after Close nothing is queued any more.
		time.AfterFunc(f.Delay, func() { d.queue(copies...) })
	case f.Hold > 0:
		d.hold(copies, f.Hold)
	default:
		d.queue(copies...)
	}
}

// queue puts messages to one receiver at the end of its queue, and behind them
// the one that was held back to be overtaken.
func (d *Dispatcher) queue(dels ...delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := dels[0].hook.ID
	if held := d.held[id]; held != nil {
		dels = append(dels, held.dels...)
		delete(d.held, id)
	}
	d.append(id, dels)
}

// append adds to a queue and sees to it that somebody works on it. The lock is held.
func (d *Dispatcher) append(id int64, dels []delivery) {
	if d.closed {
		return
	}
	waiting, running := d.queues[id]
	d.queues[id] = append(waiting, dels...)
	if !running {
		d.wg.Go(func() { d.work(id) })
	}
}

// held are messages that wait to be overtaken by the next one.
type held struct{ dels []delivery }

// hold keeps messages back until the next one was queued, or until the time is
// over. Where others are held already, these are the ones that overtake them.
func (d *Dispatcher) hold(dels []delivery, most time.Duration) {
	id := dels[0].hook.ID
	d.mu.Lock()
	waiting := d.held[id] != nil
	mine := &held{dels}
	if !waiting && !d.closed {
		d.held[id] = mine
	}
	d.mu.Unlock()
	if waiting {
		d.queue(dels...)
		return
	}
	time.AfterFunc(most, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.held[id] == mine {
			delete(d.held, id)
			d.append(id, dels)
		}
	})
}
