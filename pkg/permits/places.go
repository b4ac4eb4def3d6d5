package permits

// seat returns how many calls of self to the company may be under way: what it needs,
// as far as the others leave places, and no more than its share where they want theirs.
func (c *company) seat(self string, a ask, waits func(string) bool) int {
	if c.Parallel <= 0 {
		return a.need
	}
	taken, sharing := 0, 1
	for id, p := range c.Parts {
		if id == self {
			continue
		}
		taken += p.Places
		if p.Places > 0 || (p.Need > 0 && waits(id)) {
			sharing++
		}
	}
	share := max(1, c.Parallel/sharing)
	meant := 0 // what the others have, or should be able to get
	for id, p := range c.Parts {
		if id != self {
			wish := 0
			if waits(id) {
				wish = min(p.Need, share)
			}
			meant += max(p.Places, wish)
		}
	}
	places := min(a.need, max(share, c.Parallel-meant))
	return min(places, max(0, c.Parallel-taken))
}
