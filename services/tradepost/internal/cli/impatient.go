package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// removeTries bounds how often a directory is removed that is still written to.
const removeTries = 5

// removeAtSecondSignal removes dir before a second signal ends the process at once,
// which runs no deferred function. The function that it returns ends the watch.
func removeAtSecondSignal(dir string) (stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals: // the first one ends the demo in order
		case <-done:
			return
		}
		select {
		case again := <-signals:
			removeAndEnd(dir, again)
		case <-done:
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// removeAndEnd lets the signal do what it does to a process that does not catch it.
func removeAndEnd(dir string, s os.Signal) {
	for range removeTries {
		if os.RemoveAll(dir) == nil {
			break
		}
	}
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	if number, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(syscall.Getpid(), number)
	}
}
