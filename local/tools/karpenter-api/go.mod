module paddle-canary.dev/local/tools/karpenter-api

go 1.26

require sigs.k8s.io/karpenter v1.14.1
