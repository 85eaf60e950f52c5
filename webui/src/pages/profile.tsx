/** Oneself: the account, what proves it, what is signed in to it. */
import { useProfile } from '@/api/profile';
import { FactorsCard } from '@/components/factors/factors-card';
import { Page } from '@/components/page';
import { Account } from '@/components/profile/account';
import { ApiKey } from '@/components/profile/api-key';
import { Devices } from '@/components/profile/devices';
import { OwnOrganizations } from '@/components/profile/organizations';
import { Failure, Loading } from '@/components/states';
import { useUser } from '@/lib/session';

export function ProfilePage() {
  const { data, error, refetch } = useProfile();
  return (
    <Page title="Profile" note={useUser().username}>
      <div className="profile-columns">
        <div className="profile-column">
          {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : data === undefined ? <div className="panel"><Loading label="Loading the account" /></div> : <Account user={data.user} sendsMail={data.sends_mail} />}
          <OwnOrganizations />
        </div>
        <div className="profile-column"><FactorsCard /><ApiKey /></div>
      </div>
      <Devices />
    </Page>
  );
}
