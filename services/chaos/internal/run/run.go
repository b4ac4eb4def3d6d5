// Package run is one chaos run from its options to its verdict.
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/chaos/internal/drive"
	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/plan"
	"github.com/tradepost/tradepost/services/chaos/internal/report"
	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// Options of a run.
type Options struct {
	// Target is the name of the accounting system.
	Target   string
	Seed     int64
	Invoices int
	Rate     float64
	Gap      time.Duration
	Patient  bool
	Crippled bool
	// Dir keeps everything of the run; "" takes a temporary one, kept only when
	// something went wrong. Root is the repository.
	Dir, Root string
	// Report is the file of the report, or "" for report.json in Dir.
	Report string
	// Within is how long it may take until all is quiet; 0 chooses.
	Within time.Duration
	// Lives is how many invoices that something went wrong with are shown in full.
	Lives int
	Out   io.Writer
	Log   *slog.Logger
}

// ErrFailed means that something went wrong; the report says what.
var ErrFailed = errors.New("chaos: something went wrong that must not")

// ErrToothless means that a crippled product made no document twice, so that the
// run would not notice it in another one either.
var ErrToothless = errors.New("chaos: the product does not find what it posted, and the run did not notice")

// Run runs a plan and tells how it ended.
func Run(ctx context.Context, o Options) error {
	kept := o.Dir != ""
	if err := o.prepare(); err != nil {
		return err
	}
	rep, err := o.play(ctx)
	if rep == nil {
		return err
	}
	if tableErr := rep.Table(o.Out); tableErr != nil {
		return tableErr
	}
	if err == nil {
		err = o.verdict(rep)
	}
	if err == nil && !kept {
		return os.RemoveAll(o.Dir)
	}
	fmt.Fprintf(o.Out, "\nlogs, lives and report: %s\n", o.Dir)
	return err
}

// verdict: a crippled product has to be found out, any other must be without fault.
func (o *Options) verdict(rep *report.Report) error {
	switch {
	case o.Crippled && rep.Counts[judge.Doubled] == 0:
		return ErrToothless
	case o.Crippled:
		fmt.Fprintf(o.Out, "\nthe crippled product was found out: %d invoices doubled\n", rep.Counts[judge.Doubled])
		return nil
	case rep.Failed():
		return ErrFailed
	}
	return nil
}

func (o *Options) prepare() error {
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "tradepost-chaos-")
		if err != nil {
			return fmt.Errorf("make a folder for the run: %w", err)
		}
		o.Dir = dir
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return fmt.Errorf("find the folder of the run: %w", err)
	}
	o.Dir = dir
	if o.Within == 0 {
		o.Within = 8 * time.Minute
		if o.Patient {
			o.Within = 45 * time.Minute
		}
	}
	if o.Report == "" {
		o.Report = filepath.Join(o.Dir, "report.json")
	}
	return os.MkdirAll(filepath.Join(o.Dir, "bin"), 0o755)
}

func (o *Options) play(ctx context.Context) (*report.Report, error) {
	processes, nodes := world.Names()
	po := plan.Options{
		Seed: o.Seed, Invoices: o.Invoices, Rate: o.Rate, Gap: o.Gap, Patient: o.Patient, Processes: processes, Nodes: nodes,
	}
	books := target.New(o.Target, po)
	o.Log.Info("building", "dir", o.Dir)
	if err := world.Build(ctx, o.Root, filepath.Join(o.Dir, "bin"), books.Program()); err != nil {
		return nil, err
	}
	o.Log.Info("starting")
	w, err := world.Start(ctx, world.Options{
		Dir: o.Dir, Binaries: filepath.Join(o.Dir, "bin"), Plan: po, Target: books, Crippled: o.Crippled, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	d := &drive.Drive{Plan: plan.Make(po), World: w, Target: books, Log: o.Log}
	o.Log.Info("begins", "invoices", o.Invoices, "faults", len(d.Plan.Faults), "length", d.Plan.Length.String())
	return o.follow(ctx, d)
}

// follow lets the plan happen, waits for quiet, and judges.
func (o *Options) follow(ctx context.Context, d *drive.Drive) (*report.Report, error) {
	rep := &report.Report{
		Target: o.Target, Seed: o.Seed, Invoices: o.Invoices, Crippled: o.Crippled, Patient: o.Patient,
		Work: map[string]int{}, Ended: map[string]int{},
	}
	began := time.Now()
	if err := d.Run(ctx); err != nil {
		return nil, err // The plan did not happen: there is nothing to judge.
	}
	rep.Acted = time.Since(began)
	o.Log.Info("users and faults are through, waiting for quiet")
	rest := time.Now()
	if err := d.Calm(ctx); err != nil {
		rep.Restless = err.Error()
	} else if err := d.AwaitQuiet(ctx, o.Within); err != nil {
		rep.Restless = err.Error()
	}
	rep.Quiet = time.Since(rest)
	facts, err := d.Facts(ctx)
	if err != nil {
		return nil, err
	}
	o.fill(rep, d, facts)
	return rep, errors.Join(rep.WriteJSON(o.Report), o.lives(rep, facts))
}

func (o *Options) fill(rep *report.Report, d *drive.Drive, facts judge.Facts) {
	var skipped int
	rep.Faults, rep.Struck, skipped = d.Counts()
	maps.Copy(rep.Faults, d.World.Recorder.Troubles())
	rep.Work["people: send, while it was still pending (nothing to press)"] = skipped
	rep.Work["ServiceTrade: calls of all kinds"] = d.World.Recorder.All()
	if n := d.World.Emptied.Load(); n > 0 {
		rep.Work["NATS nodes that could not recover, and were given an empty store"] = int(n)
	}
	for _, p := range d.World.Processes {
		if n := p.EndedByItself(); n > 0 {
			rep.Ended[p.Name] = n
		}
	}
	rep.Fill(facts, judge.Judge(facts))
}

// lives writes the life of every invoice that something went wrong with, and shows some.
func (o *Options) lives(rep *report.Report, facts judge.Facts) error {
	wrong := map[int64][]judge.Violation{}
	for _, v := range rep.Violations {
		wrong[v.Invoice] = append(wrong[v.Invoice], v)
	}
	shown := 0
	for _, inv := range facts.Invoices {
		if len(wrong[inv.ID]) == 0 {
			continue
		}
		var life strings.Builder
		fmt.Fprintf(&life, "invoice %d\n", inv.ID)
		for _, v := range wrong[inv.ID] {
			fmt.Fprintf(&life, "  %s: %s\n", v.Kind, v.Text)
		}
		life.WriteString(report.Life(inv, rep.Struck, filepath.Join(o.Dir, "logs")))
		if err := os.WriteFile(filepath.Join(o.Dir, fmt.Sprintf("invoice-%d.txt", inv.ID)), []byte(life.String()), 0o600); err != nil {
			return fmt.Errorf("write the life of an invoice: %w", err)
		}
		if shown++; shown <= o.Lives {
			fmt.Fprintf(o.Out, "\n%s", life.String())
		}
	}
	return nil
}
