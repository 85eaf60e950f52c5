/** Uploads a picture to the relay and hands back the Markdown that shows it. */
import { Button, FileButton } from '@mantine/core';
import { IconPhotoPlus } from '@tabler/icons-react';
import { useUploadPicture } from '@/api/community';
import { showError } from '@/components/confirm';

/** What the relay takes; it looks at the content, not at the name. */
const KINDS = 'image/png,image/jpeg,image/webp,image/gif';

export function PictureButton({ add }: { add: (markdown: string) => void }) {
  const upload = useUploadPicture();
  const send = (file: File | null) => {
    if (file !== null) upload.mutate(file, { onSuccess: (url) => add(`![${altText(file.name)}](${new URL(url, location.origin).pathname})`), onError: showError });
  };
  return (
    <FileButton accept={KINDS} onChange={send}>
      {(props) => <Button {...props} variant="default" leftSection={<IconPhotoPlus size={16} />} loading={upload.isPending}>Add a picture</Button>}
    </FileButton>
  );
}

/** The file's name without its ending, and without what Markdown would read as its own. */
function altText(name: string): string {
  return name.replace(/\.[^.]*$/, '').replace(/[[\]()\\!]/g, ' ').trim() || 'picture';
}
