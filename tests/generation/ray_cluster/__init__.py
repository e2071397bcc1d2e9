"""Tests of replicas on Ray: their dispatch without a cluster, and faults on a small one."""
