package state

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Audiences lists what a comment's visibility may name.
func Audiences() []string { return []string{"public", "tech", "schedule", "billing"} }

// maxComment is the longest comment in characters. ServiceTrade publishes no
// limit; a stand-in that takes anything would hide a runaway comment.
const maxComment = 10000

// NewComment is a comment to be added. Visibility nil means that the request
// did not say, so that the account's default applies and customers may see it;
// an empty one means private.
type NewComment struct {
	EntityType int
	EntityID   int64
	Content    string
	Visibility *[]string
	Pinned     bool
}

// AddComment stores a comment on a record.
func (s *Store) AddComment(c NewComment, by int64) (*Comment, error) {
	visibility, err := s.visibility(c.Visibility)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Content) == "" {
		return nil, invalid("content is required")
	}
	if n := utf8.RuneCountInString(c.Content); n > maxComment {
		return nil, invalid("content is %d characters long, more than %d", n, maxComment)
	}
	var out *Comment
	err = s.change(func(t *Tables) ([]Event, error) {
		word, ok := s.Word(c.EntityType)
		if !ok {
			return nil, invalid("entityType %d cannot carry comments", c.EntityType)
		}
		if !t.has(word, c.EntityID) {
			return nil, notFound(word, c.EntityID)
		}
		now := s.now()
		out = &Comment{
			ID: t.newID(), EntityType: c.EntityType, EntityID: c.EntityID, Content: c.Content,
			Visibility: visibility, Pinned: c.Pinned, AuthorID: by, Created: now, Updated: now,
		}
		keep(t, out.ID, out)
		return []Event{s.event(word, c.EntityID, "updated", by)}, nil
	})
	return out, err
}

func (s *Store) visibility(given *[]string) ([]string, error) {
	if given == nil {
		return slices.Clone(s.cfg.CommentDefault), nil
	}
	for _, v := range *given {
		if !slices.Contains(Audiences(), v) {
			return nil, invalid("visibility %q must be one of %s", v, strings.Join(Audiences(), ", "))
		}
	}
	return append([]string{}, *given...), nil
}
