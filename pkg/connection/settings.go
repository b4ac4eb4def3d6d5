package connection

import (
	"errors"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// settingsDecoder makes the DecodeSettings of a connection. The settings stay
// undecoded until a program that has the connector asks for them, since only
// the connector knows their keys.
func settingsDecoder(settings strictyaml.Node, secrets secretSource) func(into any) error {
	return func(into any) error {
		problems := settings.Decode(into, strictyaml.Options{Hooks: secrets.hooks()})
		if len(problems) > 0 {
			return strictyaml.AsError(problems)
		}
		v, ok := into.(interface{ Validate() error })
		if !ok {
			return nil
		}
		if err := v.Validate(); err != nil {
			return strictyaml.AsError([]Problem{settings.Problem(err.Error(), "")})
		}
		return nil
	}
}

// SettingsProblems tells what is wrong with the settings of a connection, as its
// connector said it: the places in the file where it knows them, else the place of
// the settings.
func (c *Config) SettingsProblems(id string, err error) []Problem {
	if told, ok := errors.AsType[*Error](err); ok {
		return told.Problems
	}
	return []Problem{c.doc.problem("connections."+id+".settings", "", "%v", err)}
}

// MappingProblem is what is wrong with the mapping of a connection because of the
// connector that it is for, which only the program knows. help says what to do.
func (c *Config) MappingProblem(id, help, format string, args ...any) Problem {
	return c.doc.problem("connections."+id+".mapping_file", help, format, args...)
}
