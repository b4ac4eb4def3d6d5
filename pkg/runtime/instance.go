package runtime

import (
	"crypto/rand"
	"fmt"
	"os"
	"regexp"
)

var notInInstance = regexp.MustCompile(`[^A-Za-z0-9-]+`)

// NewInstance makes a name that no other process has or had, not even one of
// the same host and process number: host-pid-random.
func NewInstance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	host = notInInstance.ReplaceAllString(host, "-")
	return fmt.Sprintf("%.40s-%d-%s", host, os.Getpid(), rand.Text()[:8])
}
