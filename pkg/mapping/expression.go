package mapping

import (
	"errors"
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
)

// Bounds on a condition, so that no mapping file can hold up an invoice.
const (
	maxExpression = 1000
	// maxCost is in steps of the evaluator: a look-up, a comparison, ten bytes of a
	// text that is searched. A condition of a dozen comparisons needs about fifty.
	maxCost = 20_000
)

// ErrCondition means that a condition could not be evaluated for an invoice. The error
// is a ConditionError.
var ErrCondition = errors.New("the condition could not be evaluated")

// ConditionError is a condition that was neither true nor false for an invoice.
type ConditionError struct {
	// Key is where the condition stands: accounts.revenue[0].when. Source is its text.
	Key, Source string
	// Why is the cause, and Fix what to do about it, as parts of a sentence.
	Why, Fix string
}

// Error implements error.
func (e *ConditionError) Error() string { return e.Key + ": " + e.Source + ": " + e.Why }

// Unwrap makes it an ErrCondition.
func (e *ConditionError) Unwrap() error { return ErrCondition }

// condition is a typed expression (CEL) over facts that is true or false.
type condition struct {
	source  string
	program cel.Program
}

// environments: facts of a line are known only where lines are asked about.
var environments = sync.OnceValues(func() (envs [2]*cel.Env, err error) {
	for i := range envs {
		options := []cel.EnvOption{ext.Strings(), cel.EagerlyValidateDeclarations(true)}
		for _, f := range vocabulary {
			if !f.OfLine || i == 1 {
				options = append(options, cel.Variable(f.Name, celType(f.Kind)))
			}
		}
		if envs[i], err = cel.NewEnv(options...); err != nil {
			return envs, fmt.Errorf("prepare the conditions: %w", err)
		}
	}
	return envs, nil
})

func celType(k Kind) *cel.Type {
	switch k {
	case KindNumber:
		return cel.IntType
	case KindYesNo:
		return cel.BoolType
	case KindList:
		return cel.ListType(cel.StringType)
	default:
		return cel.StringType
	}
}

// compile checks a condition; ofLine says whether a line is asked about. What is
// wrong names the place in the expression.
func compile(source string, ofLine bool) (*condition, *wrong) {
	envs, err := environments()
	if err != nil {
		return nil, &wrong{what: ": " + err.Error()}
	}
	env := envs[0]
	if ofLine {
		env = envs[1]
	}
	tree, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, explain(source, ofLine, issues.Errors()[0])
	}
	if tree.OutputType() != cel.BoolType {
		return nil, &wrong{": it gives " + typeWord.Replace(tree.OutputType().String()) + ", and has to give true or false", comparisonFix}
	}
	program, err := env.Program(tree, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, unusable(err)
	}
	return &condition{source: source, program: program}, nil
}

// holds evaluates the condition. The error is a ConditionError without its key.
func (c *condition) holds(f *Facts) (bool, error) {
	out, _, err := c.program.Eval(activation{f})
	if err != nil {
		return false, failure(c.source, err)
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, &ConditionError{Source: c.source, Why: fmt.Sprintf("it gave %v", out.Value()), Fix: "have it give true or false"}
	}
	return yes, nil
}

// activation gives the evaluator the facts by name.
type activation struct{ facts *Facts }

var getters = func() map[string]func(*Facts) any {
	m := make(map[string]func(*Facts) any, len(vocabulary))
	for _, f := range vocabulary {
		m[f.Name] = f.get
	}
	return m
}()

// ResolveName implements cel.Activation.
func (a activation) ResolveName(name string) (any, bool) {
	get, ok := getters[name]
	if !ok {
		return nil, false
	}
	return get(a.facts), true
}

// Parent implements cel.Activation.
func (activation) Parent() cel.Activation { return nil }
