import type { UploadRoute, UploadsRoute } from '../route.js';
import type { Resource } from './resource.js';

/** `POST /v2/<name>/blobs/uploads/`: distribution-spec v1.1, "Pushing blobs". This registry takes no pushes. */
export const uploads: Resource<UploadsRoute> = {};

/** `/v2/<name>/blobs/uploads/<session>`, where the bytes of a push go. */
export const upload: Resource<UploadRoute> = {};
