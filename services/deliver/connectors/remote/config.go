package remote

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/deliver/connectors/internal/answers"
)

// What a program may do besides finding and creating.
const (
	CanUpdate  = answers.CanUpdate
	CanVoid    = answers.CanVoid
	CanPreview = answers.CanPreview
)

// Abilities are the values of Config.Can.
var Abilities = answers.Abilities

// Config is the settings of a connection, as written in YAML. The program has to
// announce no less than they declare.
type Config struct {
	// Program is its name: the last token of connector.describe.<program>. Required.
	Program string `yaml:"program"`
	// Title is the accounting system's name as people write it. Default: the program's name.
	Title string `yaml:"title"`
	// CallTimeout is the longest that one call takes, 1s to 5m. Default: 20s.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// SettlingTime is how long a finished write may stay invisible to find. Default: 0s.
	SettlingTime time.Duration `yaml:"settling_time"`
	// Parallel is how many documents are worked on at once, 1 to 100. Default: 1.
	Parallel int `yaml:"parallel"`
	// AtomicMarker says that create refuses a second document of one marker by itself.
	AtomicMarker bool `yaml:"atomic_marker"`
	// AssignsNumber says that the accounting system may choose the number.
	AssignsNumber bool `yaml:"assigns_number"`
	// Can is what the program does besides: update, void, preview.
	Can []string `yaml:"can"`
	// Lists are the records that the program lists for a mapping: customer, item, account,
	// tax, terms.
	Lists []string `yaml:"lists"`
}

const (
	defaultCallTimeout = 20 * time.Second
	leastCallTimeout   = time.Second
	mostCallTimeout    = 5 * time.Minute
	mostParallel       = 100
	mostSettling       = time.Hour
)

var token = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// complete fills in what is left out, and refuses what cannot be, all of it at once.
func (c *Config) complete() error {
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !token.MatchString(c.Program) {
		wrong("setting program: %q is no name of small letters, digits and hyphens, at most 40; write the name that the program listens with", c.Program)
	}
	c.Title = strings.TrimSpace(c.Title)
	if c.Title == "" {
		c.Title = c.Program
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = defaultCallTimeout
	}
	if c.CallTimeout < leastCallTimeout || c.CallTimeout > mostCallTimeout {
		wrong("setting call_timeout: %s is not between %s and %s", c.CallTimeout, leastCallTimeout, mostCallTimeout)
	}
	if c.SettlingTime < 0 || c.SettlingTime > mostSettling {
		wrong("setting settling_time: %s is not between 0s and %s", c.SettlingTime, mostSettling)
	}
	if c.Parallel == 0 {
		c.Parallel = 1
	}
	if c.Parallel < 1 || c.Parallel > mostParallel {
		wrong("setting parallel: %d is not between 1 and %d", c.Parallel, mostParallel)
	}
	return errors.Join(append(problems, answers.WrongDeclarations(c.Can, c.Lists)...)...)
}
