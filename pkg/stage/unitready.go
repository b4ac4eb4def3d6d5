package stage

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tradepost/tradepost/pkg/runtime"
)

// maxNamed is how many units in trouble a probe names.
const maxNamed = 5

// Note says that the unit is in trouble, or with nil that it is not any more.
func (u *Units) Note(id string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s := u.units[id]; s != nil && s.detach != nil {
		s.trouble = err
	}
}

// Leave has an attached unit detached, since this process cannot work for it, and tells
// why. It is attached again as soon as Attach succeeds. It waits for nothing, so that
// what the unit itself has under way may call it.
func (u *Units) Leave(id string, why error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.units[id]
	if s == nil || s.detach == nil {
		return // Attach tells why it does not succeed.
	}
	s.have, s.trouble = "", why
	select {
	case u.again <- struct{}{}:
	default: // It is asked already.
	}
}

// Ready is for the readiness probe. It fails only when all units are in trouble:
// one must not take the replica out of service for the others.
func (u *Units) Ready() error {
	u.mu.Lock()
	wanted, troubled := 0, map[string]error{}
	for id, s := range u.units {
		if s.want == nil {
			continue
		}
		wanted++
		if s.trouble != nil {
			troubled[id] = s.trouble
		}
	}
	u.mu.Unlock()
	if len(troubled) == 0 {
		return nil
	}
	told := Few(u.What, troubled)
	if len(troubled) == wanted {
		return told
	}
	return runtime.Notice(fmt.Sprintf("%d of %d do not work: %s", len(troubled), wanted, told))
}

// Few tells the first of many troubles by name, and counts the others.
func Few(what string, troubled map[string]error) error {
	var told []error
	for i, id := range slices.Sorted(maps.Keys(troubled)) {
		if i == maxNamed {
			told = append(told, fmt.Errorf("and %d more", len(troubled)-maxNamed))
			break
		}
		told = append(told, fmt.Errorf("%s %s: %w", what, id, troubled[id]))
	}
	return errors.Join(told...)
}
