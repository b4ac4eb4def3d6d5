# Shared by the scripts in this folder; to be sourced.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# modules prints the folder of every module of the repository, one per line.
modules() { find proto pkg services tools -name go.mod -not -path '*/third_party/*' -printf '%h\n' | sort; }
