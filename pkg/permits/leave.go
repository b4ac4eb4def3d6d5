package permits

import "context"

// leave takes this process out of the book: nobody calls any more.
func (a *app) leave(ctx context.Context) error {
	a.mu.Lock()
	a.tried = a.all.clock.elapsed()
	if !a.present && !a.meter.pending() {
		a.mu.Unlock()
		return nil
	}
	for _, d := range a.companies {
		d.permits, d.places, d.listed = nil, 0, false
	}
	made := a.unsent()
	a.mu.Unlock()
	var count tally
	now, err := a.time(ctx)
	if err != nil {
		return err
	}
	err = a.all.shelf.swap(ctx, a.key, func(b *book) bool {
		b.Reads.turn(now)
		count = a.meter.write(&b.Reads, now, a.all.instance, made.unsent, made.budget)
		b.leave(a.all.instance)
		return true
	})
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.present = false
	count.mine = 0
	a.counted(count)
	return nil
}

// time is the server's; a process that left before its first turn has not asked for it,
// and would count its reads in no month.
func (a *app) time(ctx context.Context) (micros, error) {
	now, _, known := a.all.clock.now()
	if known {
		return now, nil
	}
	_, err := a.all.shelf.sync(ctx, a.all.clock)
	now, _, _ = a.all.clock.now()
	return now, err
}
