# Completion of kinit-fill for bash. SPDX-License-Identifier: Apache-2.0

_kinit_fill() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    --format)
      mapfile -t COMPREPLY < <(compgen -W "safetensors dcp" -- "$word")
      return
      ;;
    --seed | --max-shard-size | --rank | --ranks) return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--output --seed --max-shard-size --format --force --like --rules --dry-run --inspect --verify \
      --rank --ranks --help --version" -- "$word")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}

complete -F _kinit_fill kinit-fill
