/** Without `modelId` the version is named after its workflow. */
export type RecommendationTrainingInput = { modelId?: string }

export type RecommendationTrainingResult = { modelId: string; isPublished: boolean }
