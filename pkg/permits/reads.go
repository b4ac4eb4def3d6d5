package permits

import "time"

// Reads are the metered reads of a process, and of its app.
type Reads struct {
	// App is connector.CallLimits.App; "" where the calls are those of no app.
	App string
	// Made are those of this process, and Uncounted those of them that are in no count
	// of the app.
	Made, Uncounted int64
	// Month is the calendar month (2026-11, UTC) in which all processes of the app made
	// Total, as of this one's last look; "" where it had none. Budget is what they may; 0 where
	// that is not known.
	Month         string
	Total, Budget int64
}

// reads counts the metered reads of an app in one month.
type reads struct {
	// Month is as in 2026-11, UTC.
	Month string `json:"month,omitempty"`
	// Gone counts those of replicas that have left; By those of each that is there.
	Gone int64            `json:"gone,omitempty"`
	By   map[string]int64 `json:"by,omitempty"`
	// Told is the highest share of the budget, in percent, that was told to people.
	Told int `json:"told,omitempty"`
}

func (r *reads) complete() {
	if r.By == nil {
		r.By = map[string]int64{}
	}
}

func monthOf(now micros) string { return now.time().Format("2006-01") }

// total of the month that now is in.
func (r *reads) total(now micros) int64 {
	if r.Month != monthOf(now) {
		return 0
	}
	sum := r.Gone
	for _, n := range r.By {
		sum += n
	}
	return sum
}

// turn begins a new month where there is one.
func (r *reads) turn(now micros) {
	if month := monthOf(now); r.Month < month {
		*r = reads{Month: month, By: map[string]int64{}}
	}
}

// leave keeps what a replica has counted when it goes.
func (r *reads) leave(replica string) {
	r.Gone += r.By[replica]
	delete(r.By, replica)
}

// monthEnd is until when the month of now lasts.
func monthEnd(now micros) time.Time {
	t := now.time()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
