#!/usr/bin/env bash
# One allocation: Ray on all of its nodes, and `trimtab build` on the first. With what to build, all if nothing:
#   TRIMTAB_HOME=/shared/trimtab TRIMTAB_PROFILE=mine.toml sbatch --nodes=4 --gpus-per-node=8 docs/slurm/build.sh
#SBATCH --job-name=trimtab
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=24:00:00
# stopped and begun again, it goes on from what is saved
#SBATCH --requeue
set -euo pipefail

: "${TRIMTAB_HOME:?set it to a folder that all nodes see}"
# the clone, which all nodes see under the same path
cd "$SLURM_SUBMIT_DIR"
export PATH=$PWD/.venv/bin:$PATH

nodes=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes%%$'\n'*}
# above the ports of Ray's workers, and another for each job of a shared head
address=$head:$((20000 + SLURM_JOB_ID % 10000))

# without a token, whoever reaches a port of Ray runs code as you
RAY_AUTH_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_TOKEN RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=600

# Ray's command starts it on every node, runs what follows `--` on the head, and stops it
exec srun --ntasks-per-node=1 --kill-on-bad-exit=1 \
	ray symmetric-run --address "$address" --min-nodes "$SLURM_JOB_NUM_NODES" \
	${SLURM_CPUS_ON_NODE:+--num-cpus "$SLURM_CPUS_ON_NODE"} -- \
	env RAY_ADDRESS="$address" trimtab build "$@"
