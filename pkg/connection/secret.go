package connection

import (
	"fmt"
	"io"
	"log/slog"
)

const mask = "********"

// Secret is a password or key. It is never printed: every way of formatting,
// logging or marshaling it gives asterisks.
type Secret struct {
	// A pointer, since fmt prints what unexported fields of a stranger's struct
	// hold without asking the value, but never follows a pointer there.
	value *string
}

// NewSecret returns the secret of that value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the value itself, for the one place that sends it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero tells whether there is no secret, or an empty one.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String returns asterisks, or "" when there is no secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return mask
}

// Format writes String for every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText gives JSON and other text encodings asterisks.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML gives YAML asterisks.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }
