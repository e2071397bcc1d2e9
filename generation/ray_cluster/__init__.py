"""Ray: replicas of another backend on the nodes of a cluster, behind the contract of one."""
