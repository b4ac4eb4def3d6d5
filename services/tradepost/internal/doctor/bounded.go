package doctor

import (
	"context"
	"time"
)

// grace is what a check may take beyond its time to say in its own words what it
// was waiting for.
const grace = time.Second

// bounded runs one check for no longer than the doctor's limit. What a check finds
// it returns, and never writes anywhere else: one that hangs is left behind, and a
// result says so. answered is false then.
func bounded[T any](ctx context.Context, d *doctor, c check, run func(context.Context) (T, []Result)) (found T, results []Result, answered bool) {
	type done struct {
		found   T
		results []Result
	}
	limited, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	finished := make(chan done, 1)
	go func() {
		found, results := run(limited)
		finished <- done{found, results}
	}()
	late := time.NewTimer(d.limit + grace)
	defer late.Stop()
	select {
	case f := <-finished:
		if limited.Err() != nil && ctx.Err() == nil {
			for i, r := range f.results {
				f.results[i] = d.late(r)
			}
		}
		return f.found, f.results, true
	case <-late.C:
	case <-ctx.Done():
	}
	return found, []Result{c.fail(operator, lateFix, "no answer within %s", d.limit)}, false
}

const lateFix = "Look whether the other side is up and the network is quick, then run doctor again."

// late tells a failure that came after the check's time as what it is: whatever else
// it says may come of its having been cut off.
func (d *doctor) late(r Result) Result {
	if r.Status != Fail {
		return r
	}
	told := check{r.System, r.Check}.fail(operator, lateFix, "no answer within %s (%s)", d.limit, r.Problem)
	told.Looked = r.Looked
	return told
}

// simply is bounded for a check that finds nothing but results.
func simply(ctx context.Context, d *doctor, c check, run func(context.Context) []Result) []Result {
	_, results, _ := bounded(ctx, d, c, func(ctx context.Context) (struct{}, []Result) {
		return struct{}{}, run(ctx)
	})
	return results
}
