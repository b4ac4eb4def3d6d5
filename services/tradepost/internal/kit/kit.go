// Package kit runs the conformance kit of connectors from the command line, against a
// connector that is a program of its own.
package kit

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector/connectortest"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
)

// Options are what a person says on the command line.
type Options struct {
	// Command starts the program.
	Command []string
	// Name is the one that the program is told to listen with.
	Name string
	// Sample is a file with a document that the books take, in JSON; "" for the kit's own.
	Sample string
	// Cases is a pattern that chooses among the cases; "" for all.
	Cases       string
	CallTimeout time.Duration
	Out         io.Writer
}

// Prepare reads what the options name. run runs the cases, writes how each ended and why,
// and ends the process: with 0 if all went well, else with 1.
func Prepare(o Options) (run func(), err error) {
	if _, err := regexp.Compile(o.Cases); err != nil {
		return nil, fmt.Errorf("--cases: %w", err)
	}
	sample, err := sampleOf(o.Sample)
	if err != nil {
		return nil, err
	}
	return func() {
		testing.Init()
		pattern := ""
		if o.Cases != "" {
			pattern = "^connector$/" + o.Cases
		}
		// testing reads its flags from the command line, unless somebody else did.
		if err := flag.CommandLine.Parse([]string{"-test.run", pattern}); err != nil {
			panic(err)
		}
		tests := []testing.InternalTest{{Name: "connector", F: func(t *testing.T) { o.all(t, sample) }}}
		testing.Main(regexp.MatchString, tests, nil, nil)
	}, nil
}

func (o Options) all(t *testing.T, sample func(int64) *tradepostv1.Document) {
	s := summary{out: o.Out}
	defer s.end()
	remotetest.Run(t, remotetest.Options{
		Command: o.Command, Program: o.Name, Sample: sample, CallTimeout: o.CallTimeout, Told: s.add,
	})
}

// summary writes a line for each case, and one for all.
type summary struct {
	out                  io.Writer
	passed, failed, left int
}

func (s *summary) add(r connectortest.Result) {
	switch {
	case r.Lacks != "":
		s.left++
		_, _ = fmt.Fprintf(s.out, "left out  %s (%s)\n", r.Name, r.Lacks)
	case r.Failed:
		s.failed++
		_, _ = fmt.Fprintf(s.out, "FAILED    %s\n", r.Name)
	default:
		s.passed++
		_, _ = fmt.Fprintf(s.out, "passed    %s\n", r.Name)
	}
}

func (s *summary) end() {
	_, _ = fmt.Fprintf(s.out, "\n%d passed, %d left out, %d failed\n", s.passed, s.left, s.failed)
}

// sampleOf reads the document that the samples are made of.
func sampleOf(path string) (func(int64) *tradepostv1.Document, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path) //nolint:gosec // The person who runs the command names it.
	if err != nil {
		return nil, fmt.Errorf("--sample: %w", err)
	}
	var d tradepostv1.Document
	if err := json.Unmarshal(raw, new(map[string]any)); err != nil {
		return nil, fmt.Errorf("--sample %s: %w", path, err)
	}
	if err := protojson.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("--sample %s: %w", path, err)
	}
	numbered := func(id int64) *tradepostv1.Document {
		one := proto.CloneOf(&d)
		text := strconv.FormatInt(id, 10)
		one.Marker, one.Number = "st-kit-"+text, text
		if one.Source == nil {
			one.Source = &tradepostv1.Source{Total: one.GetTotals().GetTotal()}
		}
		one.Source.Account, one.Source.InvoiceId = "kit", id
		return one
	}
	if err := bus.Validate(numbered(1)); err != nil {
		return nil, fmt.Errorf("--sample %s: %w", path, err)
	}
	if n := len(d.GetLines()); n != 1 || len(d.GetTaxes()) > 0 {
		return nil, fmt.Errorf("--sample %s: it has %d lines and %d taxes; the kit needs an invoice of one line, over more than 10, without tax", path, n, len(d.GetTaxes()))
	}
	return numbered, nil
}
