package connection

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// secretSource reads secrets as a file writes them: plain text, {env: NAME} or
// {file: path}.
type secretSource struct {
	env   map[string]string
	dir   string
	files *sources
}

type secretRef struct {
	Env  string `yaml:"env"`
	File string `yaml:"file"`
}

const secretFix = "write the text itself, {env: NAME_OF_A_VARIABLE} or {file: path/of/a/file}"

func (s secretSource) hooks() map[reflect.Type]strictyaml.Hook {
	return map[reflect.Type]strictyaml.Hook{reflect.TypeFor[Secret](): s.read}
}

func (s secretSource) read(n strictyaml.Node) (any, *strictyaml.Problem) {
	if text, plain := n.Text(); plain {
		return NewSecret(text), nil
	}
	var ref secretRef
	if problems := n.Decode(&ref, strictyaml.Options{}); len(problems) > 0 {
		return nil, &strictyaml.Problem{What: "is not a secret: " + problems[0].What, Fix: secretFix}
	}
	switch {
	case ref.Env != "" && ref.File == "":
		return s.fromEnv(ref.Env)
	case ref.File != "" && ref.Env == "":
		return s.fromFile(ref.File)
	default:
		return nil, &strictyaml.Problem{What: "needs either env or file", Fix: secretFix}
	}
}

func (s secretSource) fromEnv(name string) (any, *strictyaml.Problem) {
	if s.env[name] == "" {
		return nil, &strictyaml.Problem{
			What: fmt.Sprintf("the environment variable %s is not set, or empty", name),
			Fix:  fmt.Sprintf("set %s before the start", name),
		}
	}
	return NewSecret(s.env[name]), nil
}

// fromFile drops one line end, which editors and kubectl leave behind.
func (s secretSource) fromFile(path string) (any, *strictyaml.Problem) {
	full := resolve(s.dir, path)
	data, err := s.files.secret(full)
	if err != nil {
		return nil, &strictyaml.Problem{What: fmt.Sprintf("the secret's file cannot be read: %v", err), Fix: "check the path and who may read the file"}
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return nil, &strictyaml.Problem{What: fmt.Sprintf("the secret's file %s is empty", full), Fix: "write the secret into it"}
	}
	return NewSecret(text), nil
}

// resolve makes a path of the file absolute: relative ones start at dir.
func resolve(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
