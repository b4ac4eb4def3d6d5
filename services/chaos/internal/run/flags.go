package run

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/target"
)

// large is the number of invoices from which a run is long enough for faults that
// heal only after a quarter of an hour. It goes more slowly, so that not everything
// that was sent waits when the store is lost, and less often.
const large = 10000

// Parse reads the command line. Progress goes to errOut, the report to standard output.
func Parse(args []string, errOut io.Writer) (Options, error) {
	o := Options{Out: os.Stdout, Log: slog.New(slog.NewTextHandler(errOut, nil))}
	f := flag.NewFlagSet("chaos", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&o.Target, "target", target.NamePlain, "the accounting system: "+strings.Join(target.Names(), ", "))
	f.IntVar(&o.Invoices, "invoices", 2000, "how many invoices are sent")
	f.Int64Var(&o.Seed, "seed", 1, "the same seed gives the same schedule of users and faults")
	f.Float64Var(&o.Rate, "rate", 0, "how many invoices are sent in a second (20; 10 from 10,000 invoices on; 2.5 with QuickBooks)")
	f.DurationVar(&o.Gap, "gap", 0, "the time between two faults (2.5s; 6s from 10,000 invoices on; 5s with QuickBooks)")
	f.StringVar(&o.Dir, "dir", "", "a new `folder` for programs, store, logs and report (it is kept)")
	f.StringVar(&o.Root, "root", ".", "the repository")
	f.StringVar(&o.Report, "report", "", "the `file` of the report, as JSON")
	f.DurationVar(&o.Within, "within", 0, "how long it may take until all is quiet")
	f.IntVar(&o.Lives, "lives", 5, "how many invoices that something went wrong with are shown in full")
	f.BoolVar(&o.Crippled, "crippled", false, "switch the connector's find off; passes only if duplicates are reported")
	patient := f.String("patient", "auto", "yes, no or auto: also lose records or streams alone, which heals after a quarter of an hour")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if err := target.Check(o.Target); err != nil {
		return o, fmt.Errorf("--target %w", err)
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("chaos takes no arguments: %q", f.Args())
	case o.Invoices < 1 || o.Rate < 0 || o.Gap < 0:
		return o, fmt.Errorf("--invoices %d, --rate %v and --gap %s must be greater than 0", o.Invoices, o.Rate, o.Gap)
	case *patient != "yes" && *patient != "no" && *patient != "auto":
		return o, fmt.Errorf("--patient %q is none of yes, no and auto", *patient)
	}
	o.Patient = *patient == "yes" || *patient == "auto" && o.Invoices >= large
	rate, gap := target.Pace(o.Target)
	o.Rate, o.Gap = cmp.Or(o.Rate, rate, bySize(o.Invoices, 20.0, 10)), cmp.Or(o.Gap, gap, bySize(o.Invoices, 2500*time.Millisecond, 6*time.Second))
	return o, nil
}

func bySize[T any](invoices int, usual, ofLarge T) T {
	if invoices >= large {
		return ofLarge
	}
	return usual
}
