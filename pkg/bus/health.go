package bus

import (
	"fmt"
	"time"
)

// What a loop tells of itself: that it moves, and whether it can fetch.

func (l *loop) alive() { l.beat.Store(time.Now().UnixNano()) }

func (l *loop) setTrouble(err error) {
	if err == nil {
		l.trouble.Store(nil)
		return
	}
	l.trouble.Store(&err)
}

// logTrouble is silent for a while after each line: an hour without a server must
// not fill the log.
func (l *loop) logTrouble(err error) {
	if time.Since(l.lastLog) < quietFor {
		return
	}
	l.lastLog = time.Now()
	l.s.o.Log.Warn("cannot fetch messages, trying again", "error", err)
}

func (l *loop) healthy() error {
	if l.stopping.Err() != nil {
		return nil
	}
	if n := l.stuck.Load(); n > 0 {
		return fmt.Errorf("nobody has taken %d messages for %s", n, stallAfter)
	}
	still := time.Since(time.Unix(0, l.beat.Load()))
	if still > stallAfter {
		return fmt.Errorf("the fetch loop has not moved for %s", still.Round(time.Second))
	}
	return nil
}

func (l *loop) ready() error {
	if err := l.trouble.Load(); err != nil {
		return *err
	}
	return nil
}
