package run

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// patientFrom is the number of invoices from which a run is long enough for faults
// that heal only after a quarter of an hour.
const patientFrom = 10000

// Parse reads the command line. Progress goes to errOut, the report to standard output.
func Parse(args []string, errOut io.Writer) (Options, error) {
	o := Options{Out: os.Stdout, Log: slog.New(slog.NewTextHandler(errOut, nil))}
	f := flag.NewFlagSet("chaos", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.IntVar(&o.Invoices, "invoices", 2000, "how many invoices are sent")
	f.Int64Var(&o.Seed, "seed", 1, "the same seed gives the same schedule of users and faults")
	f.Float64Var(&o.Rate, "rate", 20, "how many invoices are sent in a second")
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
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("chaos takes no arguments: %q", f.Args())
	case o.Invoices < 1 || o.Rate <= 0:
		return o, fmt.Errorf("--invoices %d and --rate %v must be greater than 0", o.Invoices, o.Rate)
	case *patient != "yes" && *patient != "no" && *patient != "auto":
		return o, fmt.Errorf("--patient %q is none of yes, no and auto", *patient)
	}
	o.Patient = *patient == "yes" || *patient == "auto" && o.Invoices >= patientFrom
	return o, nil
}
