package stage

import (
	"fmt"
	"strings"
)

// Word is an enum value as people write it in logs: processed for
// SETTLEMENT_PROCESSED, with the prefix SETTLEMENT_.
func Word(value fmt.Stringer, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(value.String(), prefix))
}
